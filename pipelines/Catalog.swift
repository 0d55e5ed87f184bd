public import PipelineDSL

/// Every pipeline that comes with the tool.
public let builtInPipelines: [PipelineType] = [
  PipelineType(ReduceAndCompare.self),
  PipelineType(ProbeTable.self),
  PipelineType(Anomaly.self),
  PipelineType(Curate.self),
  PipelineType(ReduceAndCluster.self),
  PipelineType(DescribeAndCluster.self),
  PipelineType(DiscoverClasses.self),
  PipelineType(FewShotTable.self),
]
