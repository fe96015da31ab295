// Offers the few calls that the program makes of cuBLAS 12 and passes them on to cuBLAS 13.
//
// JCublas 12.6.0 is bound to symbols of the version libcublas.so.12; a machine with CUDA 13 has libcublas.so.13 only, whose symbols
// carry that name. The signatures of these calls are the same in both. Without this library such a machine multiplies
// matrices with the program's own kernels, which is fine for use; this is for measuring the two beside each other.
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>

enum { NOT_INITIALIZED = 1 };

static void *target(const char *name) {
  static void *library;
  if (!library) library = dlopen("libcublas.so.13", RTLD_NOW | RTLD_LOCAL);
  void *f = library ? dlsym(library, name) : NULL;
  if (!f) fprintf(stderr, "cublas-forward: %s\n", dlerror());
  return f;
}

#define FORWARD(name, parameters, arguments)       \
  int name parameters {                            \
    static int(*f) parameters;                     \
    if (!f) *(void **)&f = target(#name);          \
    return f ? f arguments : NOT_INITIALIZED;      \
  }

FORWARD(cublasCreate_v2, (void **handle), (handle))
FORWARD(cublasDestroy_v2, (void *handle), (handle))
FORWARD(cublasGetVersion_v2, (void *handle, int *version), (handle, version))
FORWARD(cublasSetStream_v2, (void *handle, void *stream), (handle, stream))
FORWARD(cublasSetWorkspace_v2, (void *handle, void *workspace, size_t bytes), (handle, workspace, bytes))
FORWARD(cublasSetMathMode, (void *handle, int mode), (handle, mode))
FORWARD(cublasGemmStridedBatchedEx,
        (void *handle, int transa, int transb, int m, int n, int k, const void *alpha, const void *a, int atype, int lda,
         long long stridea, const void *b, int btype, int ldb, long long strideb, const void *beta, void *c, int ctype, int ldc,
         long long stridec, int count, int compute, int algorithm),
        (handle, transa, transb, m, n, k, alpha, a, atype, lda, stridea, b, btype, ldb, strideb, beta, c, ctype, ldc, stridec, count,
         compute, algorithm))
