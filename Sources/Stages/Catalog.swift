public import StageKit

/// Every stage that comes with the tool, one line each, by family.
public let builtInStages: [any Stage.Type] = [
  // Load
  Blobs.self,
  LoadHDF5.self,
  RotorSignals.self,

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
  KernelPCA.self,
  Nystroem.self,
  PCA.self,
  PCAByVariance.self,
  RandomFeatures.self,
  WindowStatistics.self,

  // Cluster
  DBSCAN.self,
  GaussianMixture.self,
  KMeans.self,
  MiniBatchKMeans.self,
  OPTICS.self,

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
  Confusion.self,
  ExplainedVariance.self,
  HungarianAccuracy.self,
  MacroF1.self,
  NormalizedMutualInformation.self,
  Purity.self,
  Silhouette.self,
]
