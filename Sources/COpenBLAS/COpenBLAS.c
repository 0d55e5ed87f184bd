#define _GNU_SOURCE
#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

// The widths of CBLAS's enumerations and of Fortran's integers in Debian's build: int. Fortran passes everything by
// address and the lengths of character arguments last.

static void (*p_blas_sgemm)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
static void (*p_blas_dgemm)(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int);
static void (*p_blas_ssyrk)(int, int, int, int, int, float, const float *, int, float, float *, int);
static void (*p_blas_dsyrk)(int, int, int, int, int, double, const double *, int, double, double *, int);
static void (*p_blas_sgemv)(int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
static void (*p_blas_dgemv)(int, int, int, int, double, const double *, int, const double *, int, double, double *, int);
static void (*p_blas_strsm)(int, int, int, int, int, int, int, float, const float *, int, float *, int);
static void (*p_blas_dtrsm)(int, int, int, int, int, int, int, double, const double *, int, double *, int);
static void (*p_lapack_ssyevd)(const char *, const char *, const int *, float *, const int *, float *, float *, const int *, int *, const int *, int *, size_t, size_t);
static void (*p_lapack_dsyevd)(const char *, const char *, const int *, double *, const int *, double *, double *, const int *, int *, const int *, int *, size_t, size_t);
static void (*p_lapack_ssyevr)(const char *, const char *, const char *, const int *, float *, const int *, const float *, const float *, const int *, const int *, const float *, int *, float *, float *, const int *, int *, float *, const int *, int *, const int *, int *, size_t, size_t, size_t);
static void (*p_lapack_dsyevr)(const char *, const char *, const char *, const int *, double *, const int *, const double *, const double *, const int *, const int *, const double *, int *, double *, double *, const int *, int *, double *, const int *, int *, const int *, int *, size_t, size_t, size_t);
static void (*p_lapack_sgesdd)(const char *, const int *, const int *, float *, const int *, float *, float *, const int *, float *, const int *, float *, const int *, int *, int *, size_t);
static void (*p_lapack_dgesdd)(const char *, const int *, const int *, double *, const int *, double *, double *, const int *, double *, const int *, double *, const int *, int *, int *, size_t);
static void (*p_lapack_sgeqrf)(const int *, const int *, float *, const int *, float *, float *, const int *, int *);
static void (*p_lapack_dgeqrf)(const int *, const int *, double *, const int *, double *, double *, const int *, int *);
static void (*p_lapack_sorgqr)(const int *, const int *, const int *, float *, const int *, const float *, float *, const int *, int *);
static void (*p_lapack_dorgqr)(const int *, const int *, const int *, double *, const int *, const double *, double *, const int *, int *);
static void (*p_lapack_spotrf)(const char *, const int *, float *, const int *, int *, size_t);
static void (*p_lapack_dpotrf)(const char *, const int *, double *, const int *, int *, size_t);
static void (*p_lapack_dpotrs)(const char *, const int *, const int *, const double *, const int *, double *, const int *, int *, size_t);
static void (*p_lapack_dpotri)(const char *, const int *, double *, const int *, int *, size_t);
static char *(*p_config)(void);
static char *(*p_corename)(void);
static void (*p_set_num_threads)(int);

static const struct {
  void **pointer;
  const char *symbol;
} symbols[] = {
  {(void **)&p_blas_sgemm, "cblas_sgemm"},
  {(void **)&p_blas_dgemm, "cblas_dgemm"},
  {(void **)&p_blas_ssyrk, "cblas_ssyrk"},
  {(void **)&p_blas_dsyrk, "cblas_dsyrk"},
  {(void **)&p_blas_sgemv, "cblas_sgemv"},
  {(void **)&p_blas_dgemv, "cblas_dgemv"},
  {(void **)&p_blas_strsm, "cblas_strsm"},
  {(void **)&p_blas_dtrsm, "cblas_dtrsm"},
  {(void **)&p_lapack_ssyevd, "ssyevd_"},
  {(void **)&p_lapack_dsyevd, "dsyevd_"},
  {(void **)&p_lapack_ssyevr, "ssyevr_"},
  {(void **)&p_lapack_dsyevr, "dsyevr_"},
  {(void **)&p_lapack_sgesdd, "sgesdd_"},
  {(void **)&p_lapack_dgesdd, "dgesdd_"},
  {(void **)&p_lapack_sgeqrf, "sgeqrf_"},
  {(void **)&p_lapack_dgeqrf, "dgeqrf_"},
  {(void **)&p_lapack_sorgqr, "sorgqr_"},
  {(void **)&p_lapack_dorgqr, "dorgqr_"},
  {(void **)&p_lapack_spotrf, "spotrf_"},
  {(void **)&p_lapack_dpotrf, "dpotrf_"},
  {(void **)&p_lapack_dpotrs, "dpotrs_"},
  {(void **)&p_lapack_dpotri, "dpotri_"},
  {(void **)&p_config, "openblas_get_config"},
  {(void **)&p_corename, "openblas_get_corename"},
  {(void **)&p_set_num_threads, "openblas_set_num_threads"},
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int loaded;
static char error[256];

static void load(void) {
  // Read when the library starts: without it OpenBLAS makes a thread for every core.
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  const char *names[] = {"libopenblas.so.0", "libopenblas.so"};
  void *library = NULL;
  for (size_t i = 0; i < 2 && !library; i++) library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(error, sizeof error, "%s", dlerror());
    return;
  }
  for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
    *symbols[i].pointer = dlsym(library, symbols[i].symbol);
    if (!*symbols[i].pointer) {
      snprintf(error, sizeof error, "libopenblas has no %s", symbols[i].symbol);
      return;
    }
  }
  p_set_num_threads(1);
  loaded = 1;
}

int openblas_load(void) {
  pthread_once(&once, load);
  return loaded;
}

const char *openblas_load_error(void) { return error; }
const char *openblas_version(void) { return p_config(); }
const char *openblas_core(void) { return p_corename(); }

void blas_sgemm(blas_transpose ta, blas_transpose tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc) {
  p_blas_sgemm(101 /* row-major */, (int)ta, (int)tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void blas_dgemm(blas_transpose ta, blas_transpose tb, int m, int n, int k, double alpha, const double *a, int lda, const double *b, int ldb, double beta, double *c, int ldc) {
  p_blas_dgemm(101 /* row-major */, (int)ta, (int)tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void blas_ssyrk(blas_triangle uplo, blas_transpose t, int n, int k, float alpha, const float *a, int lda, float beta, float *c, int ldc) {
  p_blas_ssyrk(101 /* row-major */, (int)uplo, (int)t, n, k, alpha, a, lda, beta, c, ldc);
}

void blas_dsyrk(blas_triangle uplo, blas_transpose t, int n, int k, double alpha, const double *a, int lda, double beta, double *c, int ldc) {
  p_blas_dsyrk(101 /* row-major */, (int)uplo, (int)t, n, k, alpha, a, lda, beta, c, ldc);
}

void blas_sgemv(blas_transpose t, int m, int n, float alpha, const float *a, int lda, const float *x, int incx, float beta, float *y, int incy) {
  p_blas_sgemv(101 /* row-major */, (int)t, m, n, alpha, a, lda, x, incx, beta, y, incy);
}

void blas_dgemv(blas_transpose t, int m, int n, double alpha, const double *a, int lda, const double *x, int incx, double beta, double *y, int incy) {
  p_blas_dgemv(101 /* row-major */, (int)t, m, n, alpha, a, lda, x, incx, beta, y, incy);
}

void blas_strsm(blas_side side, blas_triangle uplo, blas_transpose t, int unitDiagonal, int m, int n, float alpha, const float *a, int lda, float *b, int ldb) {
  p_blas_strsm(101 /* row-major */, (int)side, (int)uplo, (int)t, unitDiagonal ? 132 : 131, m, n, alpha, a, lda, b, ldb);
}

void blas_dtrsm(blas_side side, blas_triangle uplo, blas_transpose t, int unitDiagonal, int m, int n, double alpha, const double *a, int lda, double *b, int ldb) {
  p_blas_dtrsm(101 /* row-major */, (int)side, (int)uplo, (int)t, unitDiagonal ? 132 : 131, m, n, alpha, a, lda, b, ldb);
}

int lapack_ssyevd(char jobz, char uplo, int n, float *a, int lda, float *w, float *work, int lwork, int *iwork, int liwork) {
  int info = 0;
  p_lapack_ssyevd(&jobz, &uplo, &n, a, &lda, w, work, &lwork, iwork, &liwork, &info, 1, 1);
  return info;
}

int lapack_dsyevd(char jobz, char uplo, int n, double *a, int lda, double *w, double *work, int lwork, int *iwork, int liwork) {
  int info = 0;
  p_lapack_dsyevd(&jobz, &uplo, &n, a, &lda, w, work, &lwork, iwork, &liwork, &info, 1, 1);
  return info;
}

int lapack_ssyevr(char jobz, char range, char uplo, int n, float *a, int lda, float vl, float vu, int il, int iu, float abstol, int *m, float *w, float *z, int ldz, int *isuppz, float *work, int lwork, int *iwork, int liwork) {
  int info = 0;
  p_lapack_ssyevr(&jobz, &range, &uplo, &n, a, &lda, &vl, &vu, &il, &iu, &abstol, m, w, z, &ldz, isuppz, work, &lwork, iwork, &liwork, &info, 1, 1, 1);
  return info;
}

int lapack_dsyevr(char jobz, char range, char uplo, int n, double *a, int lda, double vl, double vu, int il, int iu, double abstol, int *m, double *w, double *z, int ldz, int *isuppz, double *work, int lwork, int *iwork, int liwork) {
  int info = 0;
  p_lapack_dsyevr(&jobz, &range, &uplo, &n, a, &lda, &vl, &vu, &il, &iu, &abstol, m, w, z, &ldz, isuppz, work, &lwork, iwork, &liwork, &info, 1, 1, 1);
  return info;
}

int lapack_sgesdd(char jobz, int m, int n, float *a, int lda, float *s, float *u, int ldu, float *vt, int ldvt, float *work, int lwork, int *iwork) {
  int info = 0;
  p_lapack_sgesdd(&jobz, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, iwork, &info, 1);
  return info;
}

int lapack_dgesdd(char jobz, int m, int n, double *a, int lda, double *s, double *u, int ldu, double *vt, int ldvt, double *work, int lwork, int *iwork) {
  int info = 0;
  p_lapack_dgesdd(&jobz, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, iwork, &info, 1);
  return info;
}

int lapack_sgeqrf(int m, int n, float *a, int lda, float *tau, float *work, int lwork) {
  int info = 0;
  p_lapack_sgeqrf(&m, &n, a, &lda, tau, work, &lwork, &info);
  return info;
}

int lapack_dgeqrf(int m, int n, double *a, int lda, double *tau, double *work, int lwork) {
  int info = 0;
  p_lapack_dgeqrf(&m, &n, a, &lda, tau, work, &lwork, &info);
  return info;
}

int lapack_sorgqr(int m, int n, int k, float *a, int lda, const float *tau, float *work, int lwork) {
  int info = 0;
  p_lapack_sorgqr(&m, &n, &k, a, &lda, tau, work, &lwork, &info);
  return info;
}

int lapack_dorgqr(int m, int n, int k, double *a, int lda, const double *tau, double *work, int lwork) {
  int info = 0;
  p_lapack_dorgqr(&m, &n, &k, a, &lda, tau, work, &lwork, &info);
  return info;
}

int lapack_spotrf(char uplo, int n, float *a, int lda) {
  int info = 0;
  p_lapack_spotrf(&uplo, &n, a, &lda, &info, 1);
  return info;
}

int lapack_dpotrf(char uplo, int n, double *a, int lda) {
  int info = 0;
  p_lapack_dpotrf(&uplo, &n, a, &lda, &info, 1);
  return info;
}

int lapack_dpotrs(char uplo, int n, int nrhs, const double *a, int lda, double *b, int ldb) {
  int info = 0;
  p_lapack_dpotrs(&uplo, &n, &nrhs, a, &lda, b, &ldb, &info, 1);
  return info;
}

int lapack_dpotri(char uplo, int n, double *a, int lda) {
  int info = 0;
  p_lapack_dpotri(&uplo, &n, a, &lda, &info, 1);
  return info;
}
