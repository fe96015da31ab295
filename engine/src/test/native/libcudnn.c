// A stand-in for cuDNN 9 that convolves on the host, floats only; see libcuda.c. Its heuristics offer first an
// algorithm that is not deterministic, then one that needs much scratch memory, then the one to be taken.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BAD = 2000, UNSUPPORTED = 3000 };

typedef struct { int format, type, rank, e[5]; } Tensor;
typedef struct { int pad[3], stride[3], dilation[3], mode, type, groups, math; } Convolution;
typedef struct { int algorithm, status; float time; size_t memory; int determinism, math, reserved[3]; } Offer;

size_t cudnnGetVersion(void) { return 90501; }
const char *cudnnGetErrorString(int status) {
  return status == BAD ? "CUDNN_STATUS_BAD_PARAM" : status == UNSUPPORTED ? "CUDNN_STATUS_NOT_SUPPORTED" : "?";
}
int cudnnCreate(void **h) { *h = (void *)0x4000; return 0; }
int cudnnDestroy(void *h) { return h == (void *)0x4000 ? 0 : BAD; }
int cudnnSetStream(void *h, void *stream) { return stream == (void *)0x2000 ? 0 : BAD; }
int cudnnCreateTensorDescriptor(Tensor **t) { *t = calloc(1, sizeof **t); return 0; }
int cudnnCreateFilterDescriptor(Tensor **t) { *t = calloc(1, sizeof **t); return 0; }
int cudnnCreateConvolutionDescriptor(Convolution **c) { *c = calloc(1, sizeof **c); return 0; }
int cudnnDestroyTensorDescriptor(Tensor *t) { free(t); return 0; }
int cudnnDestroyFilterDescriptor(Tensor *t) { free(t); return 0; }
int cudnnDestroyConvolutionDescriptor(Convolution *c) { free(c); return 0; }

static int set(Tensor *t, int format, int type, int rank, const int *e) {
  if (format != 1 || rank != 5) return BAD;
  t->format = format;
  t->type = type;
  t->rank = rank;
  memcpy(t->e, e, sizeof t->e);
  return 0;
}
int cudnnSetTensorNdDescriptorEx(Tensor *t, int format, int type, int rank, const int *e) {
  return set(t, format, type, rank, e);
}
int cudnnSetFilterNdDescriptor(Tensor *t, int type, int format, int rank, const int *e) {
  return set(t, format, type, rank, e);
}
int cudnnSetConvolutionNdDescriptor(Convolution *c, int axes, const int *pad, const int *stride, const int *dilation,
                                    int mode, int type) {
  if (axes != 3 || mode != 1 || type != 0) return BAD;
  memcpy(c->pad, pad, sizeof c->pad);
  memcpy(c->stride, stride, sizeof c->stride);
  memcpy(c->dilation, dilation, sizeof c->dilation);
  return 0;
}
int cudnnSetConvolutionGroupCount(Convolution *c, int groups) { c->groups = groups; return 0; }
int cudnnSetConvolutionMathType(Convolution *c, int math) { c->math = math; return 0; }

static int fits(const Tensor *x, const Tensor *w, const Convolution *c, const Tensor *y) {
  if (x->e[0] != y->e[0] || x->e[1] != w->e[1] * c->groups || y->e[1] != w->e[0]) return 0;
  for (int a = 0; a < 3; a++) {
    int room = x->e[2 + a] + 2 * c->pad[a] - c->dilation[a] * (w->e[2 + a] - 1) - 1;
    if (y->e[2 + a] != room / c->stride[a] + 1) return 0;
  }
  return 1;
}

static int offer(int type, int good, int asked, int *count, Offer *found, const Convolution *c) {
  if (type != 0) return UNSUPPORTED;
  if (asked < 3) return BAD;
  *count = 3;
  found[0] = (Offer){.algorithm = good + 40, .determinism = 0, .math = c->math};
  found[1] = (Offer){.algorithm = good + 50, .determinism = 1, .math = c->math, .memory = (size_t)1 << 40};
  found[2] = (Offer){.algorithm = good, .determinism = 1, .math = c->math, .memory = 1024};
  return 0;
}
int cudnnGetConvolutionForwardAlgorithm_v7(void *h, Tensor *x, Tensor *w, Convolution *c, Tensor *y, int asked,
                                           int *count, Offer *found) {
  return fits(x, w, c, y) ? offer(x->type, 1, asked, count, found, c) : BAD;
}
int cudnnGetConvolutionBackwardDataAlgorithm_v7(void *h, Tensor *w, Tensor *y, Convolution *c, Tensor *x, int asked,
                                                int *count, Offer *found) {
  return fits(x, w, c, y) ? offer(x->type, 2, asked, count, found, c) : BAD;
}
int cudnnGetConvolutionBackwardFilterAlgorithm_v7(void *h, Tensor *x, Tensor *y, Convolution *c, Tensor *w, int asked,
                                                  int *count, Offer *found) {
  return fits(x, w, c, y) ? offer(x->type, 3, asked, count, found, c) : BAD;
}

// pass: 0 y from x and w, 1 x from y and w, 2 w from x and y; channels last.
static void convolve(int pass, const Tensor *tx, float *x, const Tensor *tw, float *w, const Convolution *c,
                     const Tensor *ty, float *y) {
  const int *X = tx->e, *W = tw->e, *Y = ty->e;
  size_t nx = (size_t)X[0] * X[1] * X[2] * X[3] * X[4], nw = (size_t)W[0] * W[1] * W[2] * W[3] * W[4];
  size_t ny = (size_t)Y[0] * Y[1] * Y[2] * Y[3] * Y[4];
  memset(pass == 0 ? y : pass == 1 ? x : w, 0, sizeof(float) * (pass == 0 ? ny : pass == 1 ? nx : nw));
  int per = W[0] / c->groups;
  for (int n = 0; n < Y[0]; n++)
    for (int o = 0; o < Y[1]; o++)
      for (int d = 0; d < Y[2]; d++)
        for (int h = 0; h < Y[3]; h++)
          for (int v = 0; v < Y[4]; v++)
            for (int a = 0; a < W[2]; a++)
              for (int b = 0; b < W[3]; b++)
                for (int e = 0; e < W[4]; e++)
                  for (int i = 0; i < W[1]; i++) {
                    int z = d * c->stride[0] + a * c->dilation[0] - c->pad[0];
                    int s = h * c->stride[1] + b * c->dilation[1] - c->pad[1];
                    int t = v * c->stride[2] + e * c->dilation[2] - c->pad[2];
                    if (z < 0 || z >= X[2] || s < 0 || s >= X[3] || t < 0 || t >= X[4]) continue;
                    size_t px = ((((size_t)n * X[2] + z) * X[3] + s) * X[4] + t) * X[1] + o / per * W[1] + i;
                    size_t py = ((((size_t)n * Y[2] + d) * Y[3] + h) * Y[4] + v) * Y[1] + o;
                    size_t pw = ((((size_t)o * W[2] + a) * W[3] + b) * W[4] + e) * W[1] + i;
                    if (pass == 0) y[py] += x[px] * w[pw];
                    if (pass == 1) x[px] += y[py] * w[pw];
                    if (pass == 2) w[pw] += x[px] * y[py];
                  }
}

static int ready(void *h, const float *one, const float *zero, int algorithm, int good, void *room, size_t bytes,
                 const Convolution *c) {
  return h == (void *)0x4000 && *one == 1 && *zero == 0 && algorithm == good && room && bytes == 1024 && c->math == 3;
}
int cudnnConvolutionForward(void *h, const void *one, Tensor *tx, void *x, Tensor *tw, void *w, Convolution *c,
                            int algorithm, void *room, size_t bytes, const void *zero, Tensor *ty, void *y) {
  if (!ready(h, one, zero, algorithm, 1, room, bytes, c)) return BAD;
  convolve(0, tx, x, tw, w, c, ty, y);
  return 0;
}
int cudnnConvolutionBackwardData(void *h, const void *one, Tensor *tw, void *w, Tensor *ty, void *y, Convolution *c,
                                 int algorithm, void *room, size_t bytes, const void *zero, Tensor *tx, void *x) {
  if (!ready(h, one, zero, algorithm, 2, room, bytes, c)) return BAD;
  convolve(1, tx, x, tw, w, c, ty, y);
  return 0;
}
int cudnnConvolutionBackwardFilter(void *h, const void *one, Tensor *tx, void *x, Tensor *ty, void *y, Convolution *c,
                                   int algorithm, void *room, size_t bytes, const void *zero, Tensor *tw, void *w) {
  if (!ready(h, one, zero, algorithm, 3, room, bytes, c)) return BAD;
  convolve(2, tx, x, tw, w, c, ty, y);
  return 0;
}
int cudnnAddTensor(void *h, const void *one, Tensor *tb, const float *b, const void *other, Tensor *ty, float *y) {
  const int *Y = ty->e;
  if (*(const float *)one != 1 || *(const float *)other != 1 || tb->e[1] != Y[1] || tb->e[0] != 1) return BAD;
  size_t n = (size_t)Y[0] * Y[1] * Y[2] * Y[3] * Y[4];
  for (size_t i = 0; i < n; i++) y[i] += b[i % Y[1]];
  return 0;
}
