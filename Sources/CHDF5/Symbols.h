// The functions and globals of the library, as pointers that are filled when it is loaded.
#ifndef CHDF5_SYMBOLS_H
#define CHDF5_SYMBOLS_H

#if __has_include(<hdf5.h>)
#include <hdf5.h>
#else
#include <hdf5/serial/hdf5.h>
#endif

// HDF5's macros that open the library (H5T_NATIVE_FLOAT, H5F_ACC_RDONLY, …) would link it: their values are looked up
// or spelt out here.
enum { accessReadOnly = 0, accessExclusive = 4, infoBasic = 1 };

#define FUNCTIONS(X) \
  X(H5open) X(H5get_libversion) X(H5Eset_auto2) X(H5Ewalk2) X(H5Idec_ref) X(H5Iget_type) X(H5Iget_file_id) X(H5Zregister) \
  X(H5Zfilter_avail) X(H5Pcreate) X(H5Pset_cache) X(H5Pset_elink_cb) X(H5Pset_chunk) X(H5Pset_deflate) \
  X(H5Pset_shuffle) X(H5Pset_create_intermediate_group) X(H5Pset_obj_track_times) X(H5Pget_layout) \
  X(H5Pget_chunk) X(H5Pget_external_count) X(H5Pget_nfilters) X(H5Pget_filter2) X(H5Fopen) X(H5Fcreate) \
  X(H5Fflush) X(H5Fget_create_plist) X(H5Pget_sizes) X(H5Pget_userblock) X(H5Oopen) X(H5Lget_val) X(H5Lunpack_elink_val) X(H5Tget_class) X(H5Tget_size) X(H5Tget_order) \
  X(H5Tget_precision) X(H5Tget_offset) X(H5Tget_sign) X(H5Tget_fields) X(H5Tget_ebias) X(H5Tget_norm) \
  X(H5Tget_super) X(H5Tget_nmembers) X(H5Tget_member_name) X(H5Tget_member_type) X(H5Tget_member_value) \
  X(H5Tis_variable_str) X(H5Tget_cset) X(H5Tget_strpad) X(H5Tcopy) X(H5Tset_size) X(H5Tset_cset) \
  X(H5Tset_fields) X(H5Tset_precision) X(H5Tset_ebias) X(H5free_memory) X(H5Dget_space) X(H5Dget_type) \
  X(H5Dget_create_plist) X(H5Dget_storage_size) X(H5Dget_offset) X(H5Dread) X(H5Dwrite) X(H5Dcreate2) \
  X(H5Dvlen_reclaim) X(H5Screate) X(H5Screate_simple) X(H5Sselect_hyperslab) \
  X(H5Sget_simple_extent_type) X(H5Sget_simple_extent_ndims) X(H5Sget_simple_extent_dims) X(H5Aopen_by_idx) \
  X(H5Aget_name) X(H5Aget_type) X(H5Aget_space) X(H5Aread) X(H5Acreate2) X(H5Awrite) X(H5Aget_num_attrs)
#define DECLARE_FUNCTION(name) extern __typeof__(&name) p_##name;
FUNCTIONS(DECLARE_FUNCTION)
#define GLOBALS(X) \
  X(H5T_NATIVE_INT8) X(H5T_NATIVE_INT16) X(H5T_NATIVE_INT32) X(H5T_NATIVE_INT64) X(H5T_NATIVE_UINT8) \
  X(H5T_NATIVE_UINT16) X(H5T_NATIVE_UINT32) X(H5T_NATIVE_UINT64) X(H5T_NATIVE_FLOAT) X(H5T_NATIVE_DOUBLE) \
  X(H5T_C_S1) X(H5P_CLS_FILE_ACCESS_ID) X(H5P_CLS_FILE_CREATE_ID) X(H5P_CLS_LINK_ACCESS_ID) X(H5P_CLS_LINK_CREATE_ID) \
  X(H5P_CLS_DATASET_CREATE_ID)
#define DECLARE_GLOBAL(name) extern const hid_t *g_##name;
GLOBALS(DECLARE_GLOBAL)

// These changed their numbered variants between 1.10 and 1.12; the parts used here did not change their layout.
typedef herr_t (*link_visitor)(hid_t, const char *, const void *, void *);
extern herr_t (*p_iterate)(hid_t, H5_index_t, H5_iter_order_t, hsize_t *, link_visitor, void *);
extern herr_t (*p_link_info)(hid_t, const char *, void *, hid_t);
extern herr_t (*p_object_info)(hid_t, void *, unsigned);
extern herr_t (*p_set_file_locking)(hid_t, bool, bool);
typedef struct {
  unsigned long file;
  haddr_t address;
  char rest[1024];
} object_info;
typedef union {
  struct {
    int type;
    int hasOrder;
    int64_t order;
    int characters;
    size_t valueSize;
  } head;
  char whole[256];
} link_info;

#endif
