#define _GNU_SOURCE
#include "CHDF5.h"

#include "LZF.h"
#include "Symbols.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFINE_FUNCTION(name) __typeof__(&name) p_##name;
FUNCTIONS(DEFINE_FUNCTION)
#define DEFINE_GLOBAL(name) const hid_t *g_##name;
GLOBALS(DEFINE_GLOBAL)
herr_t (*p_iterate)(hid_t, H5_index_t, H5_iter_order_t, hsize_t *, link_visitor, void *);
herr_t (*p_link_info)(hid_t, const char *, void *, hid_t);
herr_t (*p_object_info)(hid_t, void *, unsigned);
herr_t (*p_set_file_locking)(hid_t, bool, bool);
herr_t (*p_chunk_info)(hid_t, const hsize_t *, unsigned *, haddr_t *, hsize_t *);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex;
static __thread int silenced;
static __thread char remembered[256];
static int loaded;
static char error[256];
static hid_t linkAccess = -1;

static herr_t refuse_external(const char *parentFile, const char *parentGroup, const char *file, const char *path,
                              unsigned *flags, hid_t access, void *context) {
  (void)parentFile, (void)parentGroup, (void)file, (void)path, (void)flags, (void)access, (void)context;
  return -1;
}

static void *open_library(void) {
  const char *names[] = {
    "libhdf5_serial.so.103", "libhdf5_serial.so.310", "libhdf5_serial.so", "libhdf5.so.310", "libhdf5.so.103",
    "libhdf5.so",
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library) return library;
  }
  snprintf(error, sizeof error, "%s", dlerror());
  return NULL;
}

static int find_symbols(void *library) {
#define FIND(name) \
  if (!(p_##name = (__typeof__(p_##name))dlsym(library, #name))) { \
    snprintf(error, sizeof error, "libhdf5 has no " #name); \
    return 0; \
  }
  FUNCTIONS(FIND)
#define FIND_GLOBAL(name) \
  if (!(g_##name = (const hid_t *)dlsym(library, #name "_g"))) { \
    snprintf(error, sizeof error, "libhdf5 has no " #name); \
    return 0; \
  }
  GLOBALS(FIND_GLOBAL)
  void *iterate = dlsym(library, "H5Literate1"), *info = dlsym(library, "H5Lget_info1");
  *(void **)&p_iterate = iterate ? iterate : dlsym(library, "H5Literate");
  *(void **)&p_link_info = info ? info : dlsym(library, "H5Lget_info");
  *(void **)&p_object_info = dlsym(library, "H5Oget_info2");
  *(void **)&p_set_file_locking = dlsym(library, "H5Pset_file_locking");
  *(void **)&p_chunk_info = dlsym(library, "H5Dget_chunk_info_by_coord");
  if (!p_iterate || !p_link_info || !p_object_info) {
    snprintf(error, sizeof error, "libhdf5 is older than 1.10.3");
    return 0;
  }
  return 1;
}

static void load(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&mutex, &attributes);
  void *library = open_library();
  if (!library || !find_symbols(library)) return;
  // Libraries before 1.10.7 know only the variable, and they read it when they start.
  if (!p_set_file_locking) setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
  if (p_H5open() < 0) {
    snprintf(error, sizeof error, "H5open failed");
    return;
  }
  p_H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  linkAccess = p_H5Pcreate(*g_H5P_CLS_LINK_ACCESS_ID);
  p_H5Pset_elink_cb(linkAccess, refuse_external, NULL);
  if (p_H5Zfilter_avail(lzfFilter) <= 0) {
    static const H5Z_class2_t lzf = {H5Z_CLASS_T_VERS, lzfFilter, 1, 1, "lzf", NULL, NULL, lzf_filter};
    p_H5Zregister(&lzf);
  }
  __atomic_store_n(&loaded, 1, __ATOMIC_RELEASE);
}

int h5_load(void) {
  pthread_once(&once, load);
  return loaded;
}

const char *h5_load_error(void) { return error; }

int h5_is_loaded(void) { return __atomic_load_n(&loaded, __ATOMIC_ACQUIRE); }

void h5_version(unsigned *major, unsigned *minor, unsigned *release) { p_H5get_libversion(major, minor, release); }

void h5_lock(void) {
  pthread_mutex_lock(&mutex);
  // A thread-safe library keeps one error stack, with its own printer, for each thread.
  if (!silenced) p_H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  silenced = 1;
}

void h5_unlock(void) { pthread_mutex_unlock(&mutex); }

typedef struct {
  char *text;
  size_t size;
} text_buffer;

static herr_t take_first(unsigned depth, const H5E_error2_t *entry, void *context) {
  text_buffer *buffer = context;
  if (depth == 0 && entry->desc) snprintf(buffer->text, buffer->size, "%s", entry->desc);
  return 0;
}

static void walk_stack(char *text, size_t size) {
  text_buffer buffer = {text, size};
  text[0] = 0;
  p_H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, &buffer);
}

/// Keeps the reason of a failure over the clean-up that follows it: the next call of the library clears its stack.
static void remember_cause(void) { walk_stack(remembered, sizeof remembered); }

void h5_cause(char *text, size_t size) {
  if (remembered[0]) snprintf(text, size, "%s", remembered);
  else walk_stack(text, size);
  remembered[0] = 0;
}

void h5_close(h5_id id) {
  if (id >= 0) p_H5Idec_ref(id);
}

static hid_t file_access(void) {
  hid_t access = p_H5Pcreate(*g_H5P_CLS_FILE_ACCESS_ID);
  if (access < 0) return access;
  // 64 MiB hold a row of chunks in almost every file: slabs that end inside a chunk decode it once.
  p_H5Pset_cache(access, 0, 10007, (size_t)64 << 20, 1.0);
  if (p_set_file_locking) p_set_file_locking(access, false, true);
  return access;
}

h5_id h5_file_open(const char *path) {
  hid_t access = file_access();
  hid_t file = p_H5Fopen(path, accessReadOnly, access);
  if (file < 0) remember_cause();
  h5_close(access);
  return file;
}

h5_id h5_file_create(const char *path) {
  hid_t access = file_access();
  hid_t creation = p_H5Pcreate(*g_H5P_CLS_FILE_CREATE_ID);
  p_H5Pset_obj_track_times(creation, false);
  hid_t file = p_H5Fcreate(path, accessExclusive, creation, access);
  if (file < 0) remember_cause();
  h5_close(creation);
  h5_close(access);
  return file;
}

int h5_file_flush(h5_id file) { return p_H5Fflush(file, H5F_SCOPE_LOCAL); }

int h5_file_layout(h5_id object, int *addressSize, int *lengthSize, uint64_t *base) {
  hid_t file = p_H5Iget_file_id(object);
  hid_t creation = file < 0 ? -1 : p_H5Fget_create_plist(file);
  size_t address = 0, length = 0;
  hsize_t block = 0;
  int status = creation < 0 ? -1 : p_H5Pget_sizes(creation, &address, &length);
  if (status >= 0) status = p_H5Pget_userblock(creation, &block);
  h5_close(creation);
  h5_close(file);
  *addressSize = (int)address, *lengthSize = (int)length, *base = block;
  return status;
}

h5_id h5_object_open(h5_id parent, const char *path) { return p_H5Oopen(parent, path, linkAccess); }

h5_object_kind h5_kind(h5_id object) {
  switch (p_H5Iget_type(object)) {
  case H5I_FILE:
  case H5I_GROUP: return h5ObjectGroup;
  case H5I_DATASET: return h5ObjectDataSet;
  case H5I_DATATYPE: return h5ObjectType;
  default: return h5ObjectOther;
  }
}

int h5_address(h5_id object, uint64_t *address) {
  object_info info;
  if (p_object_info(object, &info, infoBasic) < 0) return -1;
  *address = info.address;
  return 0;
}

static h5_link_kind link_kind(int type) {
  switch (type) {
  case H5L_TYPE_HARD: return h5LinkHard;
  case H5L_TYPE_SOFT: return h5LinkSoft;
  case H5L_TYPE_EXTERNAL: return h5LinkExternal;
  default: return h5LinkOther;
  }
}

h5_link_kind h5_link(h5_id group, const char *name) {
  link_info info;
  return p_link_info(group, name, &info, linkAccess) < 0 ? h5LinkMissing : link_kind(info.head.type);
}

int h5_link_target(h5_id group, const char *name, char *file, size_t fileSize, char *path, size_t pathSize) {
  link_info info;
  file[0] = path[0] = 0;
  if (p_link_info(group, name, &info, linkAccess) < 0) return -1;
  size_t size = info.head.valueSize;
  if (size == 0 || size > 1 << 20) return -1;
  char *value = calloc(size + 1, 1);
  if (!value) return -1;
  int status = p_H5Lget_val(group, name, value, size, linkAccess);
  if (status >= 0 && info.head.type == H5L_TYPE_SOFT) {
    snprintf(path, pathSize, "%s", value);
  } else if (status >= 0) {
    const char *linkFile = "", *linkPath = "";
    unsigned flags = 0;
    status = p_H5Lunpack_elink_val(value, size, &flags, &linkFile, &linkPath);
    if (status >= 0) snprintf(file, fileSize, "%s", linkFile), snprintf(path, pathSize, "%s", linkPath);
  }
  free(value);
  return status < 0 ? -1 : 0;
}

typedef struct {
  h5_visitor visit;
  void *context;
} visit_state;

static herr_t visit_link(hid_t group, const char *name, const void *info, void *context) {
  (void)group;
  visit_state *state = context;
  return state->visit(name, link_kind(((const link_info *)info)->head.type), state->context);
}

int h5_visit(h5_id group, h5_visitor visit, void *context) {
  visit_state state = {visit, context};
  hsize_t position = 0;
  return p_iterate(group, H5_INDEX_NAME, H5_ITER_INC, &position, visit_link, &state);
}

// MARK: Data sets

/// The rank and shape of a data space, which is closed; −1 in `rank` for a null one.
static int take_shape(hid_t space, int *rank, uint64_t shape[32]) {
  if (space < 0) return -1;
  int status = 0;
  switch (p_H5Sget_simple_extent_type(space)) {
  case H5S_NULL: *rank = -1; break;
  case H5S_SCALAR: *rank = 0; break;
  case H5S_SIMPLE: {
    hsize_t dimensions[H5S_MAX_RANK];
    *rank = p_H5Sget_simple_extent_ndims(space);
    if (*rank < 0 || *rank > 32 || p_H5Sget_simple_extent_dims(space, dimensions, NULL) < 0) status = -1;
    for (int i = 0; status == 0 && i < *rank; i++) shape[i] = dimensions[i];
    break;
  }
  default: status = -1;
  }
  h5_close(space);
  return status;
}

static void take_layout(hid_t creation, h5_data_set *info) {
  switch (p_H5Pget_layout(creation)) {
  case H5D_COMPACT: info->layout = h5Compact; break;
  case H5D_CONTIGUOUS:
    info->layout = p_H5Pget_external_count(creation) > 0 ? h5External : h5Contiguous;
    break;
  case H5D_CHUNKED: {
    hsize_t chunk[H5S_MAX_RANK];
    info->layout = h5Chunked;
    int rank = p_H5Pget_chunk(creation, H5S_MAX_RANK, chunk);
    for (int i = 0; i < rank && i < 32; i++) info->chunk[i] = chunk[i];
    break;
  }
  case H5D_VIRTUAL: info->layout = h5Virtual; break;
  default: info->layout = h5OtherLayout;
  }
}

int h5_data_set_info(h5_id dataSet, h5_data_set *info) {
  memset(info, 0, sizeof *info);
  if (take_shape(p_H5Dget_space(dataSet), &info->rank, info->shape) < 0) return -1;
  hid_t creation = p_H5Dget_create_plist(dataSet);
  if (creation < 0) return -1;
  take_layout(creation, info);
  info->filters = p_H5Pget_nfilters(creation);
  h5_close(creation);
  // Of a chunked one it would walk the whole index of chunks.
  if (info->layout != h5Virtual && info->layout != h5Chunked) info->stored = p_H5Dget_storage_size(dataSet);
  info->offset = info->layout == h5Contiguous ? p_H5Dget_offset(dataSet) : UINT64_MAX;
  return info->filters < 0 ? -1 : 0;
}

int h5_filter(h5_id dataSet, int index, int *number, char *name, size_t size, int *isAvailable) {
  hid_t creation = p_H5Dget_create_plist(dataSet);
  if (creation < 0) return -1;
  unsigned flags = 0, config = 0;
  size_t values = 0;
  name[0] = 0;
  *number = p_H5Pget_filter2(creation, (unsigned)index, &flags, &values, NULL, size, name, &config);
  name[size - 1] = 0;
  h5_close(creation);
  if (*number < 0) return -1;
  *isAvailable = p_H5Zfilter_avail(*number) > 0;
  return 0;
}

h5_id h5_data_set_type(h5_id dataSet) { return p_H5Dget_type(dataSet); }

int h5_read_rows(h5_id dataSet, h5_id type, uint64_t start, uint64_t rows, void *values) {
  hid_t space = p_H5Dget_space(dataSet);
  if (space < 0) return -1;
  int rank = p_H5Sget_simple_extent_ndims(space);
  hsize_t first[H5S_MAX_RANK] = {start}, count[H5S_MAX_RANK];
  int status = rank > 0 ? p_H5Sget_simple_extent_dims(space, count, NULL) : -1;
  if (rank > 0) count[0] = rows;
  hid_t memory = -1;
  if (status >= 0) status = p_H5Sselect_hyperslab(space, H5S_SELECT_SET, first, NULL, count, NULL);
  if (status >= 0) memory = p_H5Screate_simple(rank, count, NULL);
  if (memory < 0) status = -1;
  if (status >= 0)
    status = p_H5Dread(dataSet, type < 0 ? *g_H5T_NATIVE_FLOAT : type, memory, space, H5P_DEFAULT, values);
  if (status < 0) remember_cause();
  h5_close(memory);
  h5_close(space);
  return status;
}

int h5_chunk_place(h5_id dataSet, const uint64_t *start, uint64_t *address, uint64_t *bytes) {
  hsize_t coordinates[H5S_MAX_RANK] = {start[0], start[1]}, size = 0;
  haddr_t place = HADDR_UNDEF;
  unsigned skipped = 0;
  if (!p_chunk_info || p_chunk_info(dataSet, coordinates, &skipped, &place, &size) < 0) return -1;
  *address = place;
  *bytes = size;
  return place == HADDR_UNDEF || skipped != 0;
}

void h5_free_strings(h5_id type, char **strings, size_t count) {
  hsize_t length = count;
  hid_t space = p_H5Screate_simple(1, &length, NULL);
  if (space < 0) return;
  p_H5Dvlen_reclaim(type, space, H5P_DEFAULT, strings);
  h5_close(space);
}

// MARK: Attributes

int h5_attribute_count(h5_id object) { return p_H5Aget_num_attrs(object); }

h5_id h5_attribute_open(h5_id object, int index) {
  return p_H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)index, H5P_DEFAULT, linkAccess);
}

void h5_attribute_name(h5_id attribute, char *name, size_t size) {
  name[0] = 0;
  p_H5Aget_name(attribute, size, name);
  name[size - 1] = 0;
}

h5_id h5_attribute_type(h5_id attribute) { return p_H5Aget_type(attribute); }

int h5_attribute_shape(h5_id attribute, int *rank, uint64_t shape[32]) {
  return take_shape(p_H5Aget_space(attribute), rank, shape);
}

int h5_attribute_read(h5_id attribute, h5_id type, void *values) { return p_H5Aread(attribute, type, values); }

// MARK: Writing

static hid_t creation_list(int rank, const uint64_t *chunk, int gzip, int shuffle) {
  hid_t creation = p_H5Pcreate(*g_H5P_CLS_DATASET_CREATE_ID);
  // Times in the file would make equal exports differ.
  p_H5Pset_obj_track_times(creation, false);
  if (!chunk) return creation;
  hsize_t dimensions[H5S_MAX_RANK];
  for (int i = 0; i < rank; i++) dimensions[i] = chunk[i];
  p_H5Pset_chunk(creation, rank, dimensions);
  if (shuffle) p_H5Pset_shuffle(creation);
  if (gzip >= 0) p_H5Pset_deflate(creation, (unsigned)gzip);
  return creation;
}

int h5_write(h5_id file, const char *path, h5_id type, int rank, const uint64_t *shape, const uint64_t *chunk,
             int gzip, int shuffle, const void *values) {
  hsize_t dimensions[H5S_MAX_RANK];
  size_t count = 1;
  for (int i = 0; i < rank; i++) dimensions[i] = shape[i], count *= shape[i];
  hid_t space = rank ? p_H5Screate_simple(rank, dimensions, NULL) : p_H5Screate(H5S_SCALAR);
  hid_t creation = creation_list(rank, chunk, gzip, shuffle);
  hid_t links = p_H5Pcreate(*g_H5P_CLS_LINK_CREATE_ID);
  p_H5Pset_create_intermediate_group(links, 1);
  hid_t dataSet = p_H5Dcreate2(file, path, type, space, links, creation, H5P_DEFAULT);
  int status = dataSet < 0 ? -1 : 0;
  if (status == 0 && count > 0) status = p_H5Dwrite(dataSet, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  if (status < 0) remember_cause();
  h5_close(dataSet);
  h5_close(links);
  h5_close(creation);
  h5_close(space);
  return status;
}

int h5_write_attribute(h5_id object, const char *name, h5_id type, const void *value) {
  hid_t space = p_H5Screate(H5S_SCALAR);
  hid_t attribute = p_H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  int status = attribute < 0 ? -1 : p_H5Awrite(attribute, type, value);
  if (status < 0) remember_cause();
  h5_close(attribute);
  h5_close(space);
  return status;
}
