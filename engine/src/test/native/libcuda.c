// A stand-in for NVIDIA's driver library, so that the calls made through JCuda can be tested where
// there is no GPU: device memory is host memory, one kernel is known, everything runs at once.
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
    case 97: *value = 232448; return 0;
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
  unsigned char parameters[4096];
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
    struct { const float *x; float *y; int n, packs; float scale, shift; } a;
    memcpy(&a, n->parameters, sizeof a);
    for (int i = 0; i < a.n; i++) a.y[i] = a.x[i] * a.scale + a.shift;
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
CUresult cuModuleGetFunction(void **f, void *m, const char *name) {
  char entry[256];
  snprintf(entry, sizeof entry, ".entry %s(", name);
  if (strstr(m, entry) == NULL) return NOT_FOUND;
  *f = strcmp(name, "elementwise_affine_f32") == 0 ? (void *)1 : (void *)2;
  return 0;
}
CUresult cuFuncSetAttribute(void *f, int which, int value) { return which == 8 && value <= 232448 ? 0 : INVALID; }
CUresult cuLaunchKernel(void *f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                        unsigned shared, void *stream, void **params, void **extra) {
  if (params || !extra || extra[0] != (void *)1 || extra[2] != (void *)2 || extra[4] != NULL) return INVALID;
  size_t bytes = *(size_t *)extra[3];
  if (f != (void *)1 || stream != (void *)0x2000 || bytes != 32 || bx != 256 || by != 1 || gx == 0) return INVALID;
  Node n = {.kind = 2};
  memcpy(n.parameters, extra[1], bytes);
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
