// OpenBLAS with its LAPACK, loaded on first use: a program that does no arithmetic does not pay for it.
//
// Matrices are row-major in the `blas_` products (as in CBLAS) and column-major in the `lapack_` routines (as in
// LAPACK). Every routine may be called only after `openblas_load` returned 1.
#ifndef COPENBLAS_H
#define COPENBLAS_H

typedef enum { blasNoTranspose = 111, blasTranspose = 112 } blas_transpose;
typedef enum { blasUpper = 121, blasLower = 122 } blas_triangle;
typedef enum { blasLeft = 141, blasRight = 142 } blas_side;

/// Loads the library once, single-threaded; 1 if it is there, 0 if not. Safe to call from any thread.
int openblas_load(void);
/// Why `openblas_load` returned 0.
const char *openblas_load_error(void);
/// Version and build options, for the manifest.
const char *openblas_version(void);
/// The processor type whose kernels were picked.
const char *openblas_core(void);

void blas_sgemm(blas_transpose ta, blas_transpose tb, int m, int n, int k, float alpha, const float *a, int lda,
                const float *b, int ldb, float beta, float *c, int ldc);
void blas_dgemm(blas_transpose ta, blas_transpose tb, int m, int n, int k, double alpha, const double *a, int lda,
                const double *b, int ldb, double beta, double *c, int ldc);
void blas_ssyrk(blas_triangle uplo, blas_transpose t, int n, int k, float alpha, const float *a, int lda,
                float beta, float *c, int ldc);
void blas_dsyrk(blas_triangle uplo, blas_transpose t, int n, int k, double alpha, const double *a, int lda,
                double beta, double *c, int ldc);
void blas_sgemv(blas_transpose t, int m, int n, float alpha, const float *a, int lda, const float *x, int incx,
                float beta, float *y, int incy);
void blas_dgemv(blas_transpose t, int m, int n, double alpha, const double *a, int lda, const double *x, int incx,
                double beta, double *y, int incy);
void blas_strsm(blas_side side, blas_triangle uplo, blas_transpose t, int unitDiagonal, int m, int n, float alpha,
                const float *a, int lda, float *b, int ldb);
void blas_dtrsm(blas_side side, blas_triangle uplo, blas_transpose t, int unitDiagonal, int m, int n, double alpha,
                const double *a, int lda, double *b, int ldb);

// LAPACK by its Fortran names; each returns `info`. A work array of size -1 asks for the best size.
int lapack_ssyevd(char jobz, char uplo, int n, float *a, int lda, float *w, float *work, int lwork, int *iwork,
                  int liwork);
int lapack_dsyevd(char jobz, char uplo, int n, double *a, int lda, double *w, double *work, int lwork, int *iwork,
                  int liwork);
int lapack_ssyevr(char jobz, char range, char uplo, int n, float *a, int lda, float vl, float vu, int il, int iu,
                  float abstol, int *m, float *w, float *z, int ldz, int *isuppz, float *work, int lwork,
                  int *iwork, int liwork);
int lapack_dsyevr(char jobz, char range, char uplo, int n, double *a, int lda, double vl, double vu, int il, int iu,
                  double abstol, int *m, double *w, double *z, int ldz, int *isuppz, double *work, int lwork,
                  int *iwork, int liwork);
int lapack_sgesdd(char jobz, int m, int n, float *a, int lda, float *s, float *u, int ldu, float *vt, int ldvt,
                  float *work, int lwork, int *iwork);
int lapack_dgesdd(char jobz, int m, int n, double *a, int lda, double *s, double *u, int ldu, double *vt, int ldvt,
                  double *work, int lwork, int *iwork);
int lapack_sgeqrf(int m, int n, float *a, int lda, float *tau, float *work, int lwork);
int lapack_dgeqrf(int m, int n, double *a, int lda, double *tau, double *work, int lwork);
int lapack_sorgqr(int m, int n, int k, float *a, int lda, const float *tau, float *work, int lwork);
int lapack_dorgqr(int m, int n, int k, double *a, int lda, const double *tau, double *work, int lwork);
int lapack_spotrf(char uplo, int n, float *a, int lda);
int lapack_dpotrf(char uplo, int n, double *a, int lda);
int lapack_dpotrs(char uplo, int n, int nrhs, const double *a, int lda, double *b, int ldb);
int lapack_dpotri(char uplo, int n, double *a, int lda);

#endif
