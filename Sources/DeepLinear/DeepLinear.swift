@_exported public import Analysis
@_exported public import DataFormats
@_exported public import Dynamics
@_exported public import Estimators
@_exported public import LinearAlgebra
@_exported public import LinearNetworks
