public import StageKit

/// Every stage that comes with the tool, one line each, by family.
public let builtInStages: [any Stage.Type] = [
  // Load
  Blobs.self,
  LoadHDF5.self,
  Mixture.self,
  RotorSignals.self,
  Transactions.self,

  // Split
  FewShot.self,
  FoldRows.self,
  GivenSplit.self,
  HiddenClasses.self,
  Holdout.self,
  KFold.self,
  OneClass.self,
  PartOfRows.self,

  // Normalize
  Center.self,
  L2Normalize.self,
  Standardize.self,
  Whiten.self,

  // Reduce
  FastICA.self,
  KernelPCA.self,
  LocalityPreservingProjection.self,
  Nystroem.self,
  PCA.self,
  PCAByVariance.self,
  RandomFeatures.self,
  TruncatedSVD.self,
  WindowStatistics.self,

  // Cluster
  Agglomerative.self,
  DBSCAN.self,
  GaussianMixture.self,
  HierarchicalKMeans.self,
  KMeans.self,
  KMeansSelection.self,
  MiniBatchKMeans.self,
  OPTICS.self,

  // Discover
  NCDKMeans.self,
  NCDSpectral.self,

  // Sample
  BalancedSample.self,
  RandomSample.self,

  // Space
  InputSpace.self,
  ReducedSpace.self,

  // Prompt
  NoisyMeans.self,

  // Probe
  ContinualNearestMean.self,
  GaussianDiscriminant.self,
  LinearDiscriminant.self,
  LinearSVM.self,
  Logistic.self,
  NearestMean.self,
  NearestNeighbors.self,
  Ridge.self,
  TipAdapter.self,
  ZeroShot.self,

  // Anomaly
  KNNDistance.self,
  LocalOutlierFactor.self,
  Mahalanobis.self,
  PCAScore.self,

  // Measure
  Accuracy.self,
  AdjustedMutualInformation.self,
  AdjustedRandIndex.self,
  AreaUnderROC.self,
  AveragePrecision.self,
  BalancedAccuracy.self,
  BalancedHungarianAccuracy.self,
  CalinskiHarabasz.self,
  ClassBalance.self,
  Confusion.self,
  DaviesBouldin.self,
  ExplainedVariance.self,
  Forgetting.self,
  HungarianAccuracy.self,
  IncrementalAccuracy.self,
  KDEDivergence.self,
  LargestShare.self,
  MacroF1.self,
  NormalizedMutualInformation.self,
  NumberOfClusters.self,
  Purity.self,
  Silhouette.self,
  WorkingPointGap.self,
]
