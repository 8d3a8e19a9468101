/* shmget(2), shmop(2), shmctl(2): memory, nattch, fork, exec, addresses, errno. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { BYTES = 3 * 262144 + 100 };

static unsigned long attached(int id)
{
    struct shmid_ds status;
    CHECK(shmctl(id, IPC_STAT, &status) == 0);
    return status.shm_nattch;
}

static void addresses(int id)
{
    char *space = mmap(NULL, 4 * BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(space != MAP_FAILED);
    CHECK(shmat(id, space + 1, 0) == (void *)-1 && errno == EINVAL);
    CHECK(shmat(id, space, 0) == (void *)-1 && errno == EINVAL); /* something is there */
    CHECK(shmat(id, space + 1, SHM_RND | SHM_REMAP) == space);
    CHECK(shmat(id, NULL, SHM_REMAP) == (void *)-1 && errno == EINVAL);
    CHECK(attached(id) == 2);
    CHECK(shmdt(space) == 0);
    FAILS(shmdt(space), EINVAL);
    munmap(space, 4 * BYTES);
}

static void children(int id, char *memory)
{
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        CHECK(strcmp(memory, "parent") == 0);
        strcpy(memory + BYTES - 10, "child");
        _exit(attached(id) == 2 ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(attached(id) == 1);
    CHECK(strcmp(memory + BYTES - 10, "child") == 0);
    int ends[2];
    CHECK(pipe(ends) == 0);
    child = fork();
    if (child == 0) {
        dup2(ends[0], 0);
        close(ends[1]);
        execlp("cat", "cat", NULL);
        _exit(1);
    }
    close(ends[0]);
    CHECK(attached(id) == 2 || attached(id) == 1); /* exec(2) detaches, soon */
    while (attached(id) != 1)
        usleep(1000);
    close(ends[1]);
    CHECK(waitpid(child, NULL, 0) == child);
}

int main(void)
{
    struct shmid_ds status;
    int id = shmget(IPC_PRIVATE, BYTES, IPC_CREAT | 0600);
    CHECK(id >= 0);
    char *memory = shmat(id, NULL, 0);
    CHECK(memory != (void *)-1);
    CHECK(memory[0] == 0 && memory[BYTES - 1] == 0);
    strcpy(memory, "parent");
    CHECK(shmctl(id, IPC_STAT, &status) == 0);
    CHECK(status.shm_segsz == BYTES && status.shm_cpid == getpid() && status.shm_lpid == getpid());
    CHECK(status.shm_nattch == 1);
    char *again = shmat(id, NULL, SHM_RDONLY);
    CHECK(again != (void *)-1 && again != memory && strcmp(again, "parent") == 0);
    CHECK(mprotect(again, 4096, PROT_READ | PROT_WRITE) == -1);
    CHECK(shmdt(again) == 0 && attached(id) == 1);
    addresses(id);
    children(id, memory);
    CHECK(shmdt(memory) == 0 && attached(id) == 0);
    memory = shmat(id, NULL, 0);
    CHECK(memory != (void *)-1 && strcmp(memory, "parent") == 0);
    CHECK(strcmp(memory + BYTES - 10, "child") == 0);
    CHECK(shmctl(id, IPC_RMID, NULL) == 0);
    CHECK(shmctl(id, IPC_STAT, &status) == 0 && (status.shm_perm.mode & SHM_DEST) != 0);
    CHECK(shmdt(memory) == 0);
    FAILS(shmctl(id, IPC_STAT, &status), EINVAL);
    FAILS(shmget(0x7eadbeef, 1, 0), ENOENT);
    FAILS(shmget(IPC_PRIVATE, 0, IPC_CREAT | 0600), EINVAL);
    puts("memory ok");
    return 0;
}
