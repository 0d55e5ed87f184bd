public import PipelineDSL

/// Every pipeline that comes with the tool.
public let builtInPipelines: [PipelineType] = [
  PipelineType(ReduceAndCompare.self),
  PipelineType(ProbeTable.self),
  PipelineType(Anomaly.self),
  PipelineType(CompareReductions.self),
]
