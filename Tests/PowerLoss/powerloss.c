// A power cut for one process, to be preloaded (LD_PRELOAD): after a given change to a folder the process dies, and what
// it had not synced is taken back.
//
//   POWERLOSS_ROOT   the folder whose changes count, an absolute path; its file system has room for spare names
//   POWERLOSS_AT     the change, from 1, after which the power goes; 0: never, and the number of changes is written to
//   POWERLOSS_COUNT  this file
//   POWERLOSS_MODE   data: contents that were not synced are lost, every name is kept;
//                    names: so are names (creations, renames, links, removals) whose folder was not synced
//
// Between these two lies what a journaling file system leaves. A file falls back to its size at its last fsync, which is
// what appending and writing anew leave behind; no file here is changed in its middle.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST = 4096 };

/// The system's own function, not the one below.
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/// A regular file that was written to, and how much of it is on the disk.
typedef struct {
  dev_t device;
  ino_t number;
  off_t synced;
  bool dirty;
} content;

/// A name that was changed, and how to take that back.
typedef struct {
  enum { MADE, LINKED, RENAMED, REMOVED, FOLDER_MADE } kind;
  bool durable;
  char from[PATH_MAX], to[PATH_MAX];
  /// A second name of what stood at `to` (or, removed, at `from`) before; empty where nothing did.
  char spare[PATH_MAX];
} name_change;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static content contents[MOST];
static name_change names[MOST];
static int content_count, name_count, changes, spares;

static bool is_watched(const char *path) {
  const char *root = getenv("POWERLOSS_ROOT");
  return root && path && path[0] == '/' && strncmp(path, root, strlen(root)) == 0 && !strstr(path, "/.powerloss-");
}

static bool path_of(int descriptor, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length <= 0) return false;
  path[length] = 0;
  return is_watched(path);
}

static content *find(const struct stat *status) {
  for (int i = 0; i < content_count; i++)
    if (contents[i].device == status->st_dev && contents[i].number == status->st_ino) return &contents[i];
  if (content_count == MOST) abort();
  content *new = &contents[content_count++];
  // Whatever there was before this process came is on the disk.
  *new = (content){status->st_dev, status->st_ino, status->st_size, false};
  return new;
}

static name_change *record(int kind, const char *from, const char *to) {
  if (name_count == MOST) abort();
  name_change *new = &names[name_count++];
  memset(new, 0, sizeof *new);
  new->kind = kind;
  snprintf(new->from, sizeof new->from, "%s", from);
  snprintf(new->to, sizeof new->to, "%s", to ? to : "");
  return new;
}

/// Gives what stands at a path a second name, so that it outlives the first.
static void spare(char *name, const char *path) {
  snprintf(name, PATH_MAX, "%s/.powerloss-%d-%d", getenv("POWERLOSS_ROOT"), getpid(), spares++);
  if (link(path, name) != 0) name[0] = 0;
}

static void folder_of(const char *path, char *folder) {
  snprintf(folder, PATH_MAX, "%s", path);
  char *slash = strrchr(folder, '/');
  if (slash) *slash = 0;
}

/// Cuts a file that has unsynced contents, wherever it lies.
static void lose_contents(const char *path) {
  struct stat status;
  if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) return;
  const content *file = find(&status);
  if (file->dirty && truncate(path, file->synced) != 0) abort();
}

static void take_back(const name_change *change) {
  switch (change->kind) {
  case MADE:
  case LINKED: NEXT(unlink)(change->kind == MADE ? change->from : change->to); break;
  case RENAMED:
    NEXT(rename)(change->to, change->from);
    if (change->spare[0]) NEXT(link)(change->spare, change->to);
    break;
  case REMOVED:
    if (change->spare[0]) NEXT(link)(change->spare, change->from);
    break;
  case FOLDER_MADE: rmdir(change->from); break;
  }
}

/// Ends a change that was made: the power may go now. Called with the mutex, which is given back.
static void made_change(void) {
  changes++;
  const char *at = getenv("POWERLOSS_AT");
  const int wanted = at ? atoi(at) : 0;
  if (wanted == 0 || changes < wanted) {
    pthread_mutex_unlock(&mutex);
    return;
  }
  unsetenv("POWERLOSS_AT");
  for (int i = 0; i < name_count; i++) {
    lose_contents(names[i].from);
    lose_contents(names[i].to);
  }
  // Files that were there before, and were written to.
  for (int descriptor = 0; descriptor < 256; descriptor++) {
    char path[PATH_MAX];
    if (path_of(descriptor, path)) lose_contents(path);
  }
  if (strcmp(getenv("POWERLOSS_MODE"), "names") == 0)
    for (int i = name_count - 1; i >= 0; i--)
      if (!names[i].durable) take_back(&names[i]);
  kill(getpid(), SIGKILL);
  pause();
}

static void wrote(int descriptor) {
  const int error = errno;
  char path[PATH_MAX];
  struct stat status;
  if (path_of(descriptor, path) && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
    pthread_mutex_lock(&mutex);
    find(&status)->dirty = true;
    made_change();
  }
  errno = error;
}

/// A file must be known before it grows, or all of it would count as synced.
static void know(int descriptor) {
  char path[PATH_MAX];
  struct stat status;
  if (!path_of(descriptor, path) || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return;
  pthread_mutex_lock(&mutex);
  find(&status);
  pthread_mutex_unlock(&mutex);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  know(descriptor);
  const ssize_t result = NEXT(write)(descriptor, bytes, count);
  if (result > 0) wrote(descriptor);
  return result;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  know(descriptor);
  const ssize_t result = NEXT(pwrite)(descriptor, bytes, count, offset);
  if (result > 0) wrote(descriptor);
  return result;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
  know(descriptor);
  const ssize_t result = NEXT(writev)(descriptor, parts, count);
  if (result > 0) wrote(descriptor);
  return result;
}

/// Cutting a file off counts as done at once: the loss that remains to be tried is that of what was written.
int ftruncate(int descriptor, off_t size) {
  const int result = NEXT(ftruncate)(descriptor, size);
  char path[PATH_MAX];
  struct stat status;
  if (result == 0 && path_of(descriptor, path) && fstat(descriptor, &status) == 0) {
    pthread_mutex_lock(&mutex);
    content *file = find(&status);
    if (file->synced > size) file->synced = size;
    made_change();
  }
  return result;
}

static int synced(int descriptor, int result) {
  char path[PATH_MAX], folder[PATH_MAX];
  struct stat status;
  if (result != 0 || !path_of(descriptor, path) || fstat(descriptor, &status) != 0) return result;
  pthread_mutex_lock(&mutex);
  if (S_ISREG(status.st_mode)) {
    content *file = find(&status);
    file->synced = status.st_size;
    file->dirty = false;
  } else {
    for (int i = 0; i < name_count; i++) {
      folder_of(names[i].to[0] ? names[i].to : names[i].from, folder);
      if (strcmp(folder, path) == 0) names[i].durable = true;
    }
  }
  made_change();
  return result;
}

int fsync(int descriptor) { return synced(descriptor, NEXT(fsync)(descriptor)); }
int fdatasync(int descriptor) { return synced(descriptor, NEXT(fdatasync)(descriptor)); }

static int opened(const char *path, bool was_there, int descriptor) {
  if (descriptor < 0 || was_there || !is_watched(path)) return descriptor;
  struct stat status;
  if (fstat(descriptor, &status) != 0) return descriptor;
  pthread_mutex_lock(&mutex);
  // A number may come again.
  content *file = find(&status);
  file->synced = 0;
  file->dirty = false;
  record(MADE, path, NULL);
  made_change();
  return descriptor;
}

#define OPEN(name)                                                     \
  int name(const char *path, int flags, ...) {                         \
    mode_t mode = 0;                                                   \
    if (flags & (O_CREAT | O_TMPFILE)) {                               \
      va_list more;                                                    \
      va_start(more, flags);                                           \
      mode = va_arg(more, mode_t);                                     \
      va_end(more);                                                    \
    }                                                                  \
    const bool was_there = !(flags & O_CREAT) || access(path, F_OK) == 0; \
    return opened(path, was_there, NEXT(name)(path, flags, mode));     \
  }
OPEN(open)
OPEN(open64)

/// Ends the change that was recorded last, or forgets it where it failed. Called with the mutex, which is given back.
static int settled(int result) {
  if (result == 0) {
    made_change();
  } else {
    name_count--;
    pthread_mutex_unlock(&mutex);
  }
  return result;
}

int rename(const char *from, const char *to) {
  if (!is_watched(to)) return NEXT(rename)(from, to);
  pthread_mutex_lock(&mutex);
  name_change *change = record(RENAMED, from, to);
  spare(change->spare, to);
  const int result = NEXT(rename)(from, to);
  return settled(result);
}

int unlink(const char *path) {
  if (!is_watched(path)) return NEXT(unlink)(path);
  pthread_mutex_lock(&mutex);
  name_change *change = record(REMOVED, path, NULL);
  spare(change->spare, path);
  const int result = NEXT(unlink)(path);
  return settled(result);
}

int link(const char *from, const char *to) {
  const int result = NEXT(link)(from, to);
  if (result == 0 && is_watched(to)) {
    pthread_mutex_lock(&mutex);
    record(LINKED, from, to);
    made_change();
  }
  return result;
}

int mkdir(const char *path, mode_t mode) {
  const int result = NEXT(mkdir)(path, mode);
  if (result == 0 && is_watched(path)) {
    pthread_mutex_lock(&mutex);
    record(FOLDER_MADE, path, NULL);
    made_change();
  }
  return result;
}

__attribute__((destructor)) static void tell(void) {
  const char *file = getenv("POWERLOSS_COUNT");
  if (!file) return;
  FILE *out = fopen(file, "w");
  if (!out) return;
  fprintf(out, "%d\n", changes);
  fclose(out);
}
