public import StageKit

/// Every stage that comes with the tool, one line each, by family.
public let builtInStages: [any Stage.Type] = [
  // Load

  // Split

  // Normalize

  // Reduce
  KernelPCA.self,

  // Cluster
  KMeans.self,

  // Probe
  Logistic.self,
  NearestNeighbors.self,

  // Measure

]
