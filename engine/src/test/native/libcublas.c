// A stand-in for cuBLAS 12 that multiplies on the host; see libcuda.c.
#include <stdint.h>
#include <string.h>

static float element(const void *p, int type, int64_t i) {
  if (type == 0) return ((const float *)p)[i];
  uint32_t bits = (uint32_t)((const uint16_t *)p)[i] << 16;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}

static int stream_set, workspace_set, math = -1;

int cublasCreate_v2(void **handle) { *handle = (void *)0x3000; return 0; }
int cublasDestroy_v2(void *handle) { return handle == (void *)0x3000 ? 0 : 7; }
int cublasGetVersion_v2(void *handle, int *v) { *v = 120604; return 0; }
int cublasSetStream_v2(void *handle, void *stream) { stream_set = stream == (void *)0x2000; return 0; }
int cublasSetWorkspace_v2(void *handle, void *p, size_t bytes) { workspace_set = p && bytes >= 4 << 20; return 0; }
int cublasSetMathMode(void *handle, int mode) { math = mode; return 0; }

// Columns: element (i, j) is at i + j ld.
int cublasGemmStridedBatchedEx(void *handle, int ta, int tb, int m, int n, int k, const void *alpha, const void *a,
                               int atype, int lda, long long sa, const void *b, int btype, int ldb, long long sb,
                               const void *beta, void *c, int ctype, int ldc, long long sc, int count, int compute,
                               int algorithm) {
  if (handle != (void *)0x3000 || !stream_set || !workspace_set || math != 16 || algorithm != -1) return 7;
  if (*(const float *)alpha != 1 || *(const float *)beta != 0 || (compute != 68 && compute != 77)) return 7;
  if (lda < (ta ? k : m) || ldb < (tb ? n : k) || ldc < m || atype != btype) return 7;
  for (int q = 0; q < count; q++) {
    for (int j = 0; j < n; j++) {
      for (int i = 0; i < m; i++) {
        float sum = 0;
        for (int l = 0; l < k; l++) {
          float x = element(a, atype, q * sa + (ta ? l + (int64_t)i * lda : i + (int64_t)l * lda));
          float y = element(b, btype, q * sb + (tb ? j + (int64_t)l * ldb : l + (int64_t)j * ldb));
          sum += x * y;
        }
        ((float *)c)[q * sc + i + (int64_t)j * ldc] = sum;
      }
    }
  }
  return 0;
}
