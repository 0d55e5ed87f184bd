// What a package needs to add stages and pipelines of its own.
@_exported public import PipelineDSL
@_exported public import StageKit
