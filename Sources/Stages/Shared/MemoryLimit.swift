import LinearAlgebra
import StageKit

#if canImport(Glibc)
  import Glibc
#endif

extension StageContext {
  /// How many bytes a stage may take at most: its budget, or that of the run, or what the machine has.
  var memoryLimit: Int {
    memoryBudget ?? FileMemory.current?.budget ?? sysconf(Int32(_SC_PHYS_PAGES))
      * sysconf(Int32(_SC_PAGESIZE))
  }
}

/// A number of bytes in GB: 39.9 GB.
func gigabytes(_ bytes: Int) -> String {
  let tenths = (Double(bytes) / 1e8).rounded()
  return "\(tenths / 10) GB"
}
