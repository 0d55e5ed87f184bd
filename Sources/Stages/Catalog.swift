public import StageKit

/// Every stage that comes with the tool, one line each, by family.
public let builtInStages: [any Stage.Type] = [
  // Load
  Blobs.self,
  LoadHDF5.self,

  // Split
  FoldRows.self,
  GivenSplit.self,
  Holdout.self,
  KFold.self,

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
  RandomFeatures.self,
  TruncatedSVD.self,

  // Cluster
  KMeans.self,
  MiniBatchKMeans.self,

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
  EigenvalueGap.self,
  ExplainedVariance.self,
  HungarianAccuracy.self,
  MacroF1.self,
  NormalizedMutualInformation.self,
  PrincipalAngle.self,
  Purity.self,
  Silhouette.self,
  ZeroShare.self,
]
