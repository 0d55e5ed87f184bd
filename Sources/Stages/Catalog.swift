public import StageKit

/// Every stage that comes with the tool, one line each, by family.
public let builtInStages: [any Stage.Type] = [
  // Load
  Blobs.self,
  LoadHDF5.self,
  Manifold.self,
  Mixture.self,
  Noise.self,
  PromptedPairs.self,
  RotorSignals.self,
  SyntheticViews.self,
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
  Contaminate.self,
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
  ResizeImages.self,
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
  EigenvalueGap.self,
  ExplainedVariance.self,
  Forgetting.self,
  HungarianAccuracy.self,
  IncrementalAccuracy.self,
  KDEDivergence.self,
  LargestShare.self,
  MacroF1.self,
  NormalizedMutualInformation.self,
  NumberOfClusters.self,
  PrincipalAngle.self,
  Purity.self,
  Silhouette.self,
  WorkingPointGap.self,
  ZeroShare.self,

  // Representation
  CKA.self,
  InternalDiversity.self,
  IntrinsicDimension.self,
  Lidar.self,
  PWCCA.self,
  RankMe.self,
  SVCCA.self,
  SchurComplement.self,
  Vendi.self,
]
