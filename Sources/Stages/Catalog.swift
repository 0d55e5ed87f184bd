public import StageKit

/// Every stage that comes with the tool, one line each, by family.
public let builtInStages: [any Stage.Type] = [
  // Load
  Blobs.self,
  LoadHDF5.self,
  Mixture.self,

  // Split
  FoldRows.self,
  GivenSplit.self,
  HiddenClasses.self,
  Holdout.self,
  KFold.self,
  PartOfRows.self,

  // Normalize
  Center.self,
  L2Normalize.self,
  Standardize.self,
  Whiten.self,

  // Reduce
  KernelPCA.self,
  Nystroem.self,
  PCA.self,
  RandomFeatures.self,

  // Cluster
  DBSCAN.self,
  HierarchicalKMeans.self,
  KMeans.self,
  MiniBatchKMeans.self,

  // Discover
  NCDKMeans.self,
  NCDSpectral.self,

  // Sample
  BalancedSample.self,
  RandomSample.self,

  // Probe
  LinearDiscriminant.self,
  LinearSVM.self,
  Logistic.self,
  NearestNeighbors.self,
  Ridge.self,

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
  ClassBalance.self,
  Confusion.self,
  ExplainedVariance.self,
  HungarianAccuracy.self,
  KDEDivergence.self,
  MacroF1.self,
  NormalizedMutualInformation.self,
  Purity.self,
  Silhouette.self,
]
