// Element types: what a file has, and what is read and written.
#define _GNU_SOURCE
#include "CHDF5.h"
#include "Symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_ieee(hid_t type, size_t size) {
  size_t sign, exponent, exponentSize, mantissa, mantissaSize;
  if (p_H5Tget_fields(type, &sign, &exponent, &exponentSize, &mantissa, &mantissaSize) < 0) return 0;
  size_t bits = size == 2 ? 10 : size == 4 ? 23 : size == 8 ? 52 : 0;
  if (!bits || mantissa != 0 || mantissaSize != bits || exponent != bits || sign != 8 * size - 1) return 0;
  size_t bias = size == 2 ? 15 : size == 4 ? 127 : 1023;
  return exponentSize == sign - bits && p_H5Tget_ebias(type) == bias && p_H5Tget_norm(type) == H5T_NORM_IMPLIED;
}

static void describe_number(hid_t type, h5_element *element) {
  H5T_order_t order = p_H5Tget_order(type);
  element->bits = (int)p_H5Tget_precision(type);
  element->isSigned = p_H5Tget_sign(type) == H5T_SGN_2;
  element->isBigEndian = order == H5T_ORDER_BE;
  element->isStandard = (size_t)element->bits == 8 * element->size && p_H5Tget_offset(type) == 0
    && (order == H5T_ORDER_LE || order == H5T_ORDER_BE);
  if (element->kind == h5Float) {
    element->isStandard = element->isStandard && is_ieee(type, element->size);
  } else {
    size_t size = element->size;
    element->isStandard = element->isStandard && (size == 1 || size == 2 || size == 4 || size == 8);
  }
}

static int member_is(hid_t type, unsigned index, const char *wanted) {
  char *name = p_H5Tget_member_name(type, index);
  int same = name && !strcmp(name, wanted);
  if (name) p_H5free_memory(name);
  return same;
}

/// h5py writes a boolean as an enumeration of 8 bits, FALSE = 0 and TRUE = 1.
static int is_boolean(hid_t type, size_t size) {
  signed char no = 1, yes = 0;
  return size == 1 && p_H5Tget_nmembers(type) == 2 && member_is(type, 0, "FALSE") && member_is(type, 1, "TRUE")
    && p_H5Tget_member_value(type, 0, &no) >= 0 && p_H5Tget_member_value(type, 1, &yes) >= 0 && no == 0 && yes == 1;
}

static void describe_enumeration(hid_t type, h5_element *element) {
  hid_t base = p_H5Tget_super(type);
  if (base < 0) return;
  describe_number(base, element);
  h5_close(base);
  element->kind = is_boolean(type, element->size) ? h5Boolean : h5Enumeration;
}

static void describe_compound(hid_t type, h5_element *element) {
  int count = p_H5Tget_nmembers(type);
  int floats = 0;
  size_t used = 0;
  for (int i = 0; i < count; i++) {
    char *name = p_H5Tget_member_name(type, (unsigned)i);
    if (name && used < sizeof element->members - 1)
      used += (size_t)snprintf(element->members + used, sizeof element->members - used, "%s%s", i ? ", " : "", name);
    if (name) p_H5free_memory(name);
    hid_t member = p_H5Tget_member_type(type, (unsigned)i);
    if (member >= 0 && p_H5Tget_class(member) == H5T_FLOAT) floats++;
    h5_close(member);
  }
  // h5py writes a complex number as a compound of two floats, r and i.
  int isComplex = count == 2 && floats == 2 && member_is(type, 0, "r") && member_is(type, 1, "i");
  element->kind = isComplex ? h5Complex : h5Compound;
}

int h5_describe(h5_id type, h5_element *element) {
  memset(element, 0, sizeof *element);
  element->size = p_H5Tget_size(type);
  if (element->size == 0) return -1;
  switch (p_H5Tget_class(type)) {
  case H5T_INTEGER: element->kind = h5Integer; describe_number(type, element); break;
  case H5T_FLOAT: element->kind = h5Float; describe_number(type, element); break;
  case H5T_ENUM: element->kind = h5Enumeration; describe_enumeration(type, element); break;
  case H5T_COMPOUND: describe_compound(type, element); break;
  case H5T_STRING:
    element->kind = h5String;
    element->isVariable = p_H5Tis_variable_str(type) > 0;
    element->isUTF8 = p_H5Tget_cset(type) == H5T_CSET_UTF8;
    element->isSpacePadded = p_H5Tget_strpad(type) == H5T_STR_SPACEPAD;
    break;
  case H5T_ARRAY: element->kind = h5Array; break;
  case H5T_REFERENCE: element->kind = h5Reference; break;
  case H5T_VLEN: element->kind = h5VariableLength; break;
  case H5T_OPAQUE: element->kind = h5Opaque; break;
  case H5T_BITFIELD: element->kind = h5BitField; break;
  case H5T_NO_CLASS: return -1;
  default: element->kind = h5OtherKind;
  }
  return 0;
}

static hid_t float16_type(void) {
  hid_t type = p_H5Tcopy(*g_H5T_NATIVE_FLOAT);
  // The fields shrink before the size does: each step must leave a valid type.
  p_H5Tset_fields(type, 15, 10, 5, 0, 10);
  p_H5Tset_precision(type, 16);
  p_H5Tset_ebias(type, 15);
  p_H5Tset_size(type, 2);
  return type;
}

static hid_t text_type(void) {
  hid_t type = p_H5Tcopy(*g_H5T_C_S1);
  p_H5Tset_size(type, (size_t)-1 /* H5T_VARIABLE */);
  p_H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

h5_id h5_type(h5_native native) {
  switch (native) {
  case h5Int8: return p_H5Tcopy(*g_H5T_NATIVE_INT8);
  case h5Int16: return p_H5Tcopy(*g_H5T_NATIVE_INT16);
  case h5Int32: return p_H5Tcopy(*g_H5T_NATIVE_INT32);
  case h5Int64: return p_H5Tcopy(*g_H5T_NATIVE_INT64);
  case h5UInt8: return p_H5Tcopy(*g_H5T_NATIVE_UINT8);
  case h5UInt16: return p_H5Tcopy(*g_H5T_NATIVE_UINT16);
  case h5UInt32: return p_H5Tcopy(*g_H5T_NATIVE_UINT32);
  case h5UInt64: return p_H5Tcopy(*g_H5T_NATIVE_UINT64);
  case h5Float16: return float16_type();
  case h5Float32: return p_H5Tcopy(*g_H5T_NATIVE_FLOAT);
  case h5Float64: return p_H5Tcopy(*g_H5T_NATIVE_DOUBLE);
  case h5Text: return text_type();
  }
  return -1;
}

