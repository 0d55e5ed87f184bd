public import StageKit

/// Every stage that comes with the tool, one line each, by family.
public let builtInStages: [any Stage.Type] = [
  // Load
  Blobs.self,
  LoadHDF5.self,

  // Split
  FewShot.self,
  FoldRows.self,
  GivenSplit.self,
  Holdout.self,
  KFold.self,
  OneClass.self,

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
  KMeans.self,
  MiniBatchKMeans.self,

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
  Confusion.self,
  ExplainedVariance.self,
  Forgetting.self,
  HungarianAccuracy.self,
  IncrementalAccuracy.self,
  MacroF1.self,
  NormalizedMutualInformation.self,
  Purity.self,
  Silhouette.self,
  WorkingPointGap.self,
]
