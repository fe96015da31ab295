// A stand-in for NVIDIA's driver library, so that the calls made through JCuda can be tested where
// there is no GPU: device memory is host memory, everything runs at once, and one kernel is known,
// elementwise_affine_f32. Where its arguments lie is read from the PTX that is loaded, as a driver does;
// their order and types are written down here, and launches fail when the PTX has others.
// What it pretends to be is read from the environment:
//   STAND_IN_VERSION  CUDA version of the driver (12040)
//   STAND_IN_DEVICES  number of devices (1)
//   STAND_IN_MAJOR    compute capability (9)
//   STAND_IN_RETAIN   what cuDevicePrimaryCtxRetain returns (0)
//   STAND_IN_JIT      what cuModuleLoadDataEx returns (0); an error comes with a log
//   STAND_IN_MEMORY   bytes of device memory (1 GiB)
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int CUresult;
typedef int CUdevice;
typedef uint64_t CUdeviceptr;

enum { MEMORY = 2, INVALID = 1, NO_DEVICE = 100, NOT_FOUND = 500, NO_CONTEXT = 201, CAPTURING = 900 };
enum { PLAIN_SHARED = 48 << 10, MOST_SHARED = 227 << 10 };  // bytes of a block

static long setting(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text ? atol(text) : otherwise;
}

// ---- devices and contexts

static int contexts;
static __thread void *current;

CUresult cuDriverGetVersion(int *v) { *v = (int)setting("STAND_IN_VERSION", 12040); return 0; }
CUresult cuInit(unsigned flags) { return setting("STAND_IN_DEVICES", 1) == 0 ? NO_DEVICE : 0; }
CUresult cuDeviceGetCount(int *n) { *n = (int)setting("STAND_IN_DEVICES", 1); return 0; }
CUresult cuDeviceGet(CUdevice *d, int ordinal) { *d = ordinal; return 0; }
CUresult cuDeviceGetName(char *name, int length, CUdevice d) {
  snprintf(name, (size_t)length, "Stand-in GPU %d", d);
  return 0;
}
CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice d) {
  *bytes = (size_t)setting("STAND_IN_MEMORY", 1l << 30);
  return 0;
}
CUresult cuDeviceGetAttribute(int *value, int which, CUdevice d) {
  switch (which) {
    case 75: *value = (int)setting("STAND_IN_MAJOR", 9); return 0;
    case 76: *value = 0; return 0;
    case 16: *value = 4; return 0;
    case 97: *value = MOST_SHARED; return 0;
    case 81: *value = 233472; return 0;
    default: return INVALID;
  }
}
CUresult cuDevicePrimaryCtxRetain(void **c, CUdevice d) {
  int result = (int)setting("STAND_IN_RETAIN", 0);
  if (result == 0) {
    contexts++;
    *c = (void *)(uintptr_t)(0x1000 + d);
  }
  return result;
}
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice d) { return contexts-- > 0 ? 0 : INVALID; }
CUresult cuCtxSetCurrent(void *c) { current = c; return 0; }
CUresult cuGetErrorString(int code, const char **text) {
  *text = code == 2 ? "out of memory" : code == 100 ? "no CUDA-capable device is detected" : NULL;
  return *text ? 0 : INVALID;
}

// ---- what is captured or run

typedef struct Node {
  int kind;  // 0 copy, 1 fill, 2 kernel
  CUdeviceptr to, from;
  uint64_t count;
  unsigned value;
  float *y;
  const float *x;
  int n;
  float scale, shift;
  struct Node *next;
} Node;

static Node *first, *last;
static int capturing;

static void run(const Node *n) {
  if (n->kind == 0) {
    memmove((void *)n->to, (void *)n->from, n->count);
  } else if (n->kind == 1) {
    for (uint64_t i = 0; i < n->count; i++) ((unsigned *)n->to)[i] = n->value;
  } else {
    for (int i = 0; i < n->n; i++) n->y[i] = n->x[i] * n->scale + n->shift;
  }
}

static CUresult queue(Node n) {
  if (!current) return NO_CONTEXT;
  if (!capturing) {
    run(&n);
    return 0;
  }
  Node *kept = malloc(sizeof *kept);
  *kept = n;
  kept->next = NULL;
  if (last) last->next = kept; else first = kept;
  last = kept;
  return 0;
}

// ---- memory

static size_t used;

CUresult cuMemAlloc_v2(CUdeviceptr *p, size_t bytes) {
  if (!current) return NO_CONTEXT;
  if (used + bytes > (size_t)setting("STAND_IN_MEMORY", 1l << 30)) return MEMORY;
  char *block = aligned_alloc(256, (bytes + 511) / 256 * 256 + 256);
  *(size_t *)block = bytes;
  used += bytes;
  *p = (CUdeviceptr)block + 256;
  return 0;
}
CUresult cuMemFree_v2(CUdeviceptr p) {
  if (!current) return NO_CONTEXT;
  used -= *(size_t *)(p - 256);
  free((void *)(p - 256));
  return 0;
}
CUresult cuMemGetInfo_v2(size_t *left, size_t *total) {
  *total = (size_t)setting("STAND_IN_MEMORY", 1l << 30);
  *left = *total - used;
  return current ? 0 : NO_CONTEXT;
}
CUresult cuMemAllocHost_v2(void **p, size_t bytes) { *p = malloc(bytes); return current ? 0 : NO_CONTEXT; }
CUresult cuMemFreeHost(void *p) { free(p); return 0; }
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t n, void *stream) {
  if (capturing) return CAPTURING;
  return queue((Node){.kind = 0, .to = to, .from = (CUdeviceptr)from, .count = n});
}
CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t n, void *stream) {
  if (capturing) return CAPTURING;
  return queue((Node){.kind = 0, .to = (CUdeviceptr)to, .from = from, .count = n});
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t n, void *stream) {
  return queue((Node){.kind = 0, .to = to, .from = from, .count = n});
}
CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t n, void *stream) {
  return queue((Node){.kind = 1, .to = to, .value = value, .count = n});
}

// ---- streams and events

CUresult cuStreamCreate(void **s, unsigned flags) { *s = (void *)0x2000; return current ? 0 : NO_CONTEXT; }
CUresult cuStreamDestroy_v2(void *s) { return s == (void *)0x2000 ? 0 : INVALID; }
CUresult cuStreamSynchronize(void *s) { return s != (void *)0x2000 ? INVALID : capturing ? CAPTURING : 0; }
CUresult cuEventCreate(void **e, unsigned flags) { *e = malloc(1); return current ? 0 : NO_CONTEXT; }
CUresult cuEventRecord(void *e, void *s) { return capturing ? CAPTURING : 0; }
CUresult cuEventSynchronize(void *e) { return 0; }
CUresult cuEventDestroy_v2(void *e) { free(e); return 0; }

// ---- kernels

CUresult cuModuleLoadDataEx(void **m, const void *image, unsigned n, int *options, void **values) {
  int result = (int)setting("STAND_IN_JIT", 0);
  size_t length = 0;
  char *log = NULL;
  for (unsigned i = 0; i < n; i++) {
    if (options[i] == 5) log = values[i];
    if (options[i] == 6) length = (size_t)(uintptr_t)values[i];
  }
  if (result != 0 && log && length > 0) {
    snprintf(log, length, "ptxas application ptx input, line 7; error : unknown instruction");
  }
  if (result == 0 && strstr(image, ".version 7.8") == NULL) return INVALID;
  *m = strdup(image);
  return result;
}
CUresult cuModuleUnload(void *m) { free(m); return 0; }

// An entry of a module: types and places of its parameters, and the dynamic shared memory that it was allowed.
enum { PARAMETERS = 16 };
typedef struct {
  int affine, count, shared;
  char types[PARAMETERS][4];
  size_t offsets[PARAMETERS], bytes;
} Function;

// Reads ".param .u64 name" and the like up to the closing bracket; other parameters (structures) make it unfit.
static void readParameters(Function *f, const char *text) {
  const char *end = strchr(text, ')');
  for (const char *p = strstr(text, ".param ."); p && p < end; p = strstr(p + 1, ".param .")) {
    char type[4] = {p[8], p[9], p[10], 0};
    size_t size = strcmp(type + 1, "64") == 0 ? 8 : strcmp(type + 1, "32") == 0 ? 4 : 0;
    if (size == 0 || f->count == PARAMETERS) {
      f->affine = 0;
      return;
    }
    f->bytes = (f->bytes + size - 1) / size * size;
    memcpy(f->types[f->count], type, sizeof type);
    f->offsets[f->count++] = f->bytes;
    f->bytes += size;
  }
}

CUresult cuModuleGetFunction(void **out, void *m, const char *name) {
  char entry[256];
  snprintf(entry, sizeof entry, ".entry %s(", name);
  const char *at = strstr(m, entry);
  if (at == NULL) return NOT_FOUND;
  Function *f = calloc(1, sizeof *f);
  f->affine = strcmp(name, "elementwise_affine_f32") == 0;
  f->shared = PLAIN_SHARED;
  readParameters(f, at);
  const char *expected[] = {"u64", "u64", "u32", "u32", "f32", "f32"};  // x, y, n, packs, scale, shift
  if (f->affine && f->count != 6) f->affine = 0;
  for (int i = 0; f->affine && i < 6; i++) f->affine = strcmp(f->types[i], expected[i]) == 0;
  *out = f;
  return 0;
}
CUresult cuFuncSetAttribute(void *f, int which, int value) {
  if (which != 8 || value > MOST_SHARED) return INVALID;
  ((Function *)f)->shared = value;
  return 0;
}
CUresult cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                        unsigned shared, void *stream, void **params, void **extra) {
  if (params || !extra || extra[0] != (void *)1 || extra[2] != (void *)2 || extra[4] != NULL) return INVALID;
  const Function *f = function;
  size_t bytes = *(size_t *)extra[3];
  if (!f->affine || stream != (void *)0x2000 || bytes != f->bytes || bx != 256 || by != 1 || gx == 0) return INVALID;
  if ((int)shared > f->shared) return INVALID;
  const unsigned char *a = extra[1];
  Node n = {.kind = 2};
  memcpy(&n.x, a + f->offsets[0], sizeof n.x);
  memcpy(&n.y, a + f->offsets[1], sizeof n.y);
  memcpy(&n.n, a + f->offsets[2], sizeof n.n);
  memcpy(&n.scale, a + f->offsets[4], sizeof n.scale);
  memcpy(&n.shift, a + f->offsets[5], sizeof n.shift);
  return queue(n);
}

// ---- graphs

CUresult cuStreamBeginCapture_v2(void *s, int mode) {
  if (mode != 2 || capturing) return INVALID;
  capturing = 1;
  first = last = NULL;
  return 0;
}
CUresult cuStreamEndCapture(void *s, void **graph) {
  if (!capturing) return INVALID;
  capturing = 0;
  *graph = first;
  return 0;
}
CUresult cuGraphInstantiateWithFlags(void **exec, void *graph, unsigned long long flags) { *exec = graph; return 0; }
CUresult cuGraphDestroy(void *graph) { return 0; }
CUresult cuGraphLaunch(void *exec, void *s) {
  if (!current) return NO_CONTEXT;
  for (const Node *n = exec; n; n = n->next) run(n);
  return 0;
}
CUresult cuGraphExecDestroy(void *exec) {
  for (Node *n = exec; n;) {
    Node *next = n->next;
    free(n);
    n = next;
  }
  return 0;
}
