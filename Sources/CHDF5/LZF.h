// The reading half of the LZF filter of h5py, so that its files need no plug-in.
#ifndef LZF_H
#define LZF_H

#include <stddef.h>

/// The number under which the HDF Group lists the filter.
enum { lzfFilter = 32000 };

/// An HDF5 filter function (H5Z_func_t).
size_t lzf_filter(unsigned flags, size_t count, const unsigned values[], size_t bytes, size_t *capacity,
                  void **buffer);

#endif
