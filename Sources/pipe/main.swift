import PipeTool
import Pipelines
import Stages

PipeTool.main(stages: builtInStages, pipelines: builtInPipelines)
