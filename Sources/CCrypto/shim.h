// The plain functions are marked as deprecated since OpenSSL 3, in favour of ones that look up the algorithm by name on
// every call: for a short text that takes longer than the hash itself.
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include <openssl/evp.h>
#include <openssl/sha.h>

/// The SHA-256 of some bytes, 32 bytes long.
static inline void pipe_sha256(const void *bytes, size_t count, unsigned char *target) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes, count);
  SHA256_Final(target, &context);
}
