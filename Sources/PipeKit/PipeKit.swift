// What a package needs to add stages and pipelines of its own and get the whole command-line tool around them.
@_exported public import PipelineDSL
@_exported public import StageKit
@_exported public import PipeTool
