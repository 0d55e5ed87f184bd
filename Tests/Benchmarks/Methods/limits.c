// What the machine can do at best on two threads, as one line of JSON: multiply-adds in single precision and memory
// bandwidth. cc -O3 -march=native -pthread limits.c -o limits
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
#define WIDTH 64
#elif defined(__AVX__)
#define WIDTH 32
#else
#define WIDTH 16
#endif
typedef float lanes __attribute__((vector_size(WIDTH)));

enum { THREADS = 2, ROUNDS = 20000000, SAMPLES = 7, ACCUMULATORS = 12 };
// Floats of each of two arrays, far more than the caches hold.
#define COUNT (1L << 26)

static float *source, *target;
static float results[THREADS][64];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + 1e-9 * time.tv_nsec;
}

static void *arithmetic(void *number) {
  lanes sums[ACCUMULATORS], factor, step;
  for (int lane = 0; lane < WIDTH / 4; lane++) { factor[lane] = 0.999f; step[lane] = 0.001f; }
  for (int index = 0; index < ACCUMULATORS; index++) sums[index] = step * (float)index;
  for (long round = 0; round < ROUNDS; round++) {
#pragma GCC unroll 12
#pragma clang loop unroll(full)
    for (int index = 0; index < ACCUMULATORS; index++) sums[index] = sums[index] * factor + step;
  }
  lanes sum = sums[0];
  for (int index = 1; index < ACCUMULATORS; index++) sum += sums[index];
  memcpy(results[(intptr_t)number], &sum, sizeof sum);
  return 0;
}

static void *reading(void *number) {
  const lanes *from = (const lanes *)(source + COUNT / THREADS * (intptr_t)number);
  lanes sums[4] = {0};
  for (long index = 0; index < COUNT / THREADS / (WIDTH / 4); index += 4)
    for (int next = 0; next < 4; next++) sums[next] += from[index + next];
  sums[0] += sums[1] + sums[2] + sums[3];
  memcpy(results[(intptr_t)number], sums, sizeof sums[0]);
  return 0;
}

static void *copying(void *number) {
  long start = COUNT / THREADS * (intptr_t)number;
  memcpy(target + start, source + start, COUNT / THREADS * sizeof(float));
  return 0;
}

static double least(void *(*body)(void *)) {
  double best = 1e9;
  for (int sample = 0; sample < SAMPLES; sample++) {
    double start = now();
    pthread_t threads[THREADS];
    for (intptr_t number = 0; number < THREADS; number++)
      pthread_create(&threads[number], 0, body, (void *)number);
    for (int number = 0; number < THREADS; number++) pthread_join(threads[number], 0);
    double seconds = now() - start;
    if (seconds < best) best = seconds;
  }
  return best;
}

int main(void) {
  source = aligned_alloc(4096, COUNT * sizeof(float));
  target = aligned_alloc(4096, COUNT * sizeof(float));
  if (!source || !target) return 1;
  for (long index = 0; index < COUNT; index++) { source[index] = 1; target[index] = 2; }
  double flops = 2.0 * (WIDTH / 4) * ACCUMULATORS * ROUNDS * THREADS / least(arithmetic);
  double read = COUNT * sizeof(float) / least(reading), copy = COUNT * sizeof(float) / least(copying);
  printf("{\"flops\": %.4g, \"read\": %.4g, \"copy\": %.4g}\n", flops, read, 2 * copy);
  return 0;
}
