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
  Holdout.self,
  KFold.self,

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
  RandomFeatures.self,
  TruncatedSVD.self,

  // Cluster
  DBSCAN.self,
  HierarchicalKMeans.self,
  KMeans.self,
  MiniBatchKMeans.self,

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
