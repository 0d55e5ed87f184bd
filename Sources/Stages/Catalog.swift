public import StageKit

/// Every stage that comes with the tool, one line each, by family.
public let builtInStages: [any Stage.Type] = [
  // Load
  Blobs.self,
  LoadHDF5.self,

  // Split

  // Normalize
  Center.self,
  L2Normalize.self,
  Standardize.self,
  Whiten.self,

  // Reduce
  PCA.self,

  // Cluster

  // Probe

  // Measure

]
