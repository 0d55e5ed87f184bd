// HDF5, loaded on first use: a program that reads no HDF5 file does not pay for it.
//
// This header needs no header of HDF5's own. Identifiers are HDF5's (negative: the call failed). Every function but
// the first three may be called only between `h5_lock` and `h5_unlock`, after `h5_load` returned 1.
#ifndef CHDF5_H
#define CHDF5_H

#include <stddef.h>
#include <stdint.h>

typedef int64_t h5_id;

/// Loads the library once; 1 if it is there, 0 if not. Safe to call from any thread.
int h5_load(void);
/// Why `h5_load` returned 0.
const char *h5_load_error(void);
/// Whether `h5_load` was called and found the library; loads nothing.
int h5_is_loaded(void);
/// The version of the loaded library.
void h5_version(unsigned *major, unsigned *minor, unsigned *release);

/// Takes the one lock in front of the library (recursive) and silences this thread's error stack.
void h5_lock(void);
void h5_unlock(void);
/// The innermost message of the call that just failed; empty if there is none.
void h5_cause(char *text, size_t size);
/// Gives back any identifier; negative ones are ignored.
void h5_close(h5_id id);

// Files. Reading takes no file locks, so that read-only and network file systems work.
h5_id h5_file_open(const char *path);
h5_id h5_file_create(const char *path);
int h5_file_flush(h5_id file);

/// The bytes of an address and of a length in the file of an object, and where the file's addresses start.
int h5_file_layout(h5_id object, int *addressSize, int *lengthSize, uint64_t *base);

// Objects and links. External links are never followed.
typedef enum { h5ObjectOther, h5ObjectGroup, h5ObjectDataSet, h5ObjectType } h5_object_kind;
typedef enum { h5LinkMissing, h5LinkHard, h5LinkSoft, h5LinkExternal, h5LinkOther } h5_link_kind;
h5_id h5_object_open(h5_id parent, const char *path);
h5_object_kind h5_kind(h5_id object);
/// The object's place in its file, the same by whatever path it was reached; 0 on success.
int h5_address(h5_id object, uint64_t *address);
h5_link_kind h5_link(h5_id group, const char *name);
/// Where a soft or an external link leads; `file` becomes empty for a soft one; 0 on success.
int h5_link_target(h5_id group, const char *name, char *file, size_t fileSize, char *path, size_t pathSize);
/// Calls `visit` with each name in a group until it returns something else than 0; negative on failure.
typedef int (*h5_visitor)(const char *name, h5_link_kind kind, void *context);
int h5_visit(h5_id group, h5_visitor visit, void *context);

// Element types.
typedef enum {
  h5Integer, h5Float, h5Boolean, h5Enumeration, h5String, h5Complex, h5Compound, h5Array, h5Reference,
  h5VariableLength, h5Opaque, h5BitField, h5OtherKind
} h5_element_kind;
typedef struct {
  h5_element_kind kind;
  size_t size;       // bytes of one element
  int bits;          // precision of a number
  int isSigned;      // integers and enumerations
  int isBigEndian;
  int isStandard;    // fills its bytes; floats: the IEEE 754 layout
  int isVariable;    // strings
  int isUTF8;
  int isSpacePadded; // strings of fixed length
  char members[128]; // names of a compound's fields
} h5_element;
int h5_describe(h5_id type, h5_element *element);
typedef enum {
  h5Int8, h5Int16, h5Int32, h5Int64, h5UInt8, h5UInt16, h5UInt32, h5UInt64, h5Float16, h5Float32, h5Float64, h5Text
} h5_native;
/// A new identifier of a type for writing.
h5_id h5_type(h5_native native);

// Data sets and attributes.
typedef enum { h5Compact, h5Contiguous, h5Chunked, h5Virtual, h5External, h5OtherLayout } h5_layout_kind;
typedef struct {
  int rank;            // −1: no data space at all (null)
  uint64_t shape[32];
  h5_layout_kind layout;
  uint64_t chunk[32];  // chunked only
  uint64_t stored;     // bytes in the file; 0 for chunked and virtual
  uint64_t offset;     // contiguous only; UINT64_MAX if nothing was written
  int filters;
} h5_data_set;
int h5_data_set_info(h5_id dataSet, h5_data_set *info);
/// The number, name and availability of one filter; 0 on success.
int h5_filter(h5_id dataSet, int index, int *number, char *name, size_t size, int *isAvailable);
h5_id h5_data_set_type(h5_id dataSet);
/// Reads `rows` rows from `start` as `type`, or as native Float32 if `type` is negative.
int h5_read_rows(h5_id dataSet, h5_id type, uint64_t start, uint64_t rows, void *values);
/// Where the chunk that starts at `start` (a coordinate for each dimension) lies in the file and how many bytes it has;
/// negative if the library cannot tell, 1 if the chunk was never written or skips a filter.
int h5_chunk_place(h5_id dataSet, const uint64_t *start, uint64_t *address, uint64_t *bytes);
/// Undoes gzip (the zlib format); 1 if exactly `count` bytes came out. May be called from any thread, without the lock.
int h5_inflate(const void *packed, size_t packedCount, void *values, size_t count);
/// Undoes the shuffle filter: byte b of element i lies at [b * count + i]. Needs no lock.
void h5_unshuffle(const void *shuffled, size_t size, size_t count, void *values);
/// Gives back what reading variable-length strings allocated; `type` is the one that they were read as.
void h5_free_strings(h5_id type, char **strings, size_t count);

int h5_attribute_count(h5_id object);
h5_id h5_attribute_open(h5_id object, int index);
void h5_attribute_name(h5_id attribute, char *name, size_t size);
h5_id h5_attribute_type(h5_id attribute);
/// The rank and shape of an attribute; −1 in `rank` if it is null.
int h5_attribute_shape(h5_id attribute, int *rank, uint64_t shape[32]);
int h5_attribute_read(h5_id attribute, h5_id type, void *values);

// Writing. Groups on the way are made. `chunk` is NULL for a contiguous data set; `gzip` is a level, negative: none.
int h5_write(h5_id file, const char *path, h5_id type, int rank, const uint64_t *shape, const uint64_t *chunk,
             int gzip, int shuffle, const void *values);
int h5_write_attribute(h5_id object, const char *name, h5_id type, const void *value);

#endif
