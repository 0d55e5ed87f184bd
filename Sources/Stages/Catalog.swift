public import StageKit

/// Every stage that comes with the tool, one line each, by family.
public let builtInStages: [any Stage.Type] = [
  // Load
  Blobs.self,
  LoadHDF5.self,
  Manifold.self,
  Noise.self,
  PromptedPairs.self,
  SyntheticViews.self,

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
  RandomFeatures.self,
  ResizeImages.self,

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
  ExplainedVariance.self,
  HungarianAccuracy.self,
  MacroF1.self,
  NormalizedMutualInformation.self,
  Purity.self,
  Silhouette.self,

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
