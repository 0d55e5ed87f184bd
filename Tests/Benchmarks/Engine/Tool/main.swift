import PipeTool
import Pipelines
import PipelineDSL
import Stages

// The tool with stages that cost nothing, and, as `engine-benchmark matrix FOLDER MEGABYTES`, the store by itself.
if CommandLine.arguments.dropFirst().first == "matrix" {
  try MatrixBenchmark(arguments: Array(CommandLine.arguments.dropFirst(2))).run()
} else {
  PipeTool.main(
    stages: builtInStages + [Tick.self, PassOn.self],
    pipelines: builtInPipelines + [PipelineType(FewHops.self), PipelineType(ManyHops.self)])
}
