/*
 * Runs a program whose IPC calls go to a cluster. It starts the agent of the user when none runs, and becomes the program
 * then: pid, exit status, signals and standard files are the program's own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The exit codes of a shell. */
enum { EXIT_USAGE = 2, EXIT_UNREACHABLE = 3, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

enum { MOST_WORDS = 16, MOST_STARTS = 100, RESTART_DELAY_NS = 100 * 1000 * 1000, CONNECT_MS = 1000 };

struct options {
    const char *connect, *name_space, *uid, *gid, *directory;
    bool is_volatile, traces, counts, keeps_namespace, comes_from_tool;
};

static void fail(int code, const char *format, ...)
{
    va_list arguments;
    fputs("ipc exec: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(code);
}

static const char *variable(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : otherwise;
}

static void join(char *to, size_t room, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(to, room, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= room)
        fail(EXIT_USAGE, "a path or an option is too long");
}

/* The directory of this program: the library and the tool are beside it. */
static void find_home(char *home, size_t room)
{
    ssize_t length = readlink("/proc/self/exe", home, room - 1);
    if (length <= 0)
        fail(EXIT_CANNOT_RUN, "/proc/self/exe: %s", strerror(errno));
    home[length] = '\0';
    *strrchr(home, '/') = '\0';
}

static void find_directory(char *directory, size_t room, const struct options *options)
{
    const char *runtime = variable("XDG_RUNTIME_DIR", NULL);
    if (options->directory != NULL)
        join(directory, room, "%s", options->directory);
    else if (runtime != NULL)
        join(directory, room, "%s/cluster-ipc", runtime);
    else
        join(directory, room, "/tmp/ipc-%u", (unsigned)geteuid());
}

static bool agent_listens(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        fail(EXIT_USAGE, "the path of the agent's socket is too long: %s", path);
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool listens = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return listens;
}

/* The words of the agent's command: of IPC_AGENT_COMMAND, a word a line, or of the tool beside this program. */
static void find_command(char **words, char *text, size_t room, const char *home)
{
    char path[PATH_MAX];
    int count = 0;
    join(path, sizeof path, "%s/ipc", home);
    const char *command = variable("IPC_AGENT_COMMAND", NULL);
    if (command != NULL)
        join(text, room, "%s", command);
    else if (access(path, X_OK) == 0)
        join(text, room, "%s", path);
    else
        join(text, room, "dotnet\n%s/ipc.dll", home);
    for (char *word = strtok(text, "\n"); word != NULL && count < MOST_WORDS - 5; word = strtok(NULL, "\n"))
        words[count++] = word;
    words[count++] = "agent";
    words[count++] = "--directory";
    words[count] = NULL;
}

/* Leaves the descriptors and the directory of the program that was started first. */
static void quieten(void)
{
    int nothing = open("/dev/null", O_RDWR);
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        dup2(nothing, fd);
    closefrom(STDERR_FILENO + 1);
}

static void become_agent(const char *home, const char *directory, int ready)
{
    char *words[MOST_WORDS], text[PATH_MAX * 2];
    int count = 0, nothing = open("/dev/null", O_RDWR);
    find_command(words, text, sizeof text, home);
    while (words[count] != NULL)
        count++;
    words[count++] = (char *)(uintptr_t)directory;
    words[count] = NULL;
    dup2(nothing, STDIN_FILENO);
    dup2(ready, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    closefrom(STDERR_FILENO + 1);
    if (chdir("/") != 0)
        _exit(EXIT_CANNOT_RUN);
    execvp(words[0], words);
    _exit(EXIT_NOT_FOUND);
}

static bool was_killed(int status)
{
    int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return signal == SIGKILL || signal == SIGABRT || signal == SIGSEGV;
}

/* Runs the agent, and runs it again when it was killed or has failed: the programs wait for the next one. */
static void keep_agent(const char *home, const char *directory, int ready)
{
    struct timespec delay = {0, RESTART_DELAY_NS};
    int status = 0;
    setsid();
    for (int starts = 0; starts < MOST_STARTS; starts++) {
        pid_t child = fork();
        if (child == 0)
            become_agent(home, directory, ready);
        /* Whoever reads the output of the program waits for its end, and not for that of this process. */
        quieten();
        ready = STDERR_FILENO;
        while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        if (child < 0 || !was_killed(status))
            break;
        nanosleep(&delay, NULL);
    }
    _exit(0);
}

/* Starts the agent and waits until it says that it listens. It belongs to nobody: it outlives the program. */
static void start_agent(const char *home, const char *directory, const char *socket_path)
{
    int ends[2];
    char said[64];
    if (pipe2(ends, O_CLOEXEC) != 0)
        fail(EXIT_CANNOT_RUN, "pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child < 0)
        fail(EXIT_CANNOT_RUN, "fork: %s", strerror(errno));
    if (child == 0) {
        if (fork() == 0)
            keep_agent(home, directory, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    ssize_t got = read(ends[0], said, sizeof said);
    close(ends[0]);
    if (got <= 0 || !agent_listens(socket_path))
        fail(EXIT_UNREACHABLE, "the agent could not be started; 'ipc agent --directory %s' says why", directory);
}

/* 0: something listens there; otherwise the errno. */
static int why_not_connect(const struct addrinfo *address)
{
    int error = 0, fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t length = sizeof error;
    if (fd < 0)
        return errno;
    if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
        struct pollfd polled = {.fd = fd, .events = POLLOUT};
        error = errno;
        if (error == EINPROGRESS && poll(&polled, 1, CONNECT_MS) == 0)
            error = ETIMEDOUT;
        else if (error == EINPROGRESS)
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    }
    close(fd);
    return error;
}

/* The same of a URL such as http://node:5210, or of unix:/run/ipc.sock. */
static int why_not_reach(char *url)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    if (strncmp(url, "unix:", 5) == 0)
        return access(url + 5, W_OK) == 0 ? 0 : errno == ENOENT ? ECONNREFUSED : errno;
    char *host = strstr(url, "://");
    host = host != NULL ? host + 3 : url;
    host[strcspn(host, "/")] = '\0';
    char *port = strrchr(host, ':');
    if (port == NULL || strchr(port, ']') != NULL)
        return 0; /* the port is the usual one of the scheme: not worth a guess */
    *port++ = '\0';
    if (*host == '[') {
        host++;
        host[strcspn(host, "]")] = '\0';
    }
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return ENOENT;
    int error = why_not_connect(found);
    freeaddrinfo(found);
    return error;
}

/* Calls wait for a node, however long that takes: who has mistyped an address shall not wait without a word. */
static void warn_if_unreachable(const char *urls)
{
    char text[PATH_MAX], *rest = NULL;
    int error = 0;
    join(text, sizeof text, "%s", urls);
    for (char *url = strtok_r(text, ",", &rest); url != NULL; url = strtok_r(NULL, ",", &rest)) {
        error = why_not_reach(url);
        if (error == 0)
            return;
    }
    fprintf(stderr, "ipc exec: no node answers at %s (%s); IPC calls wait until one does\n", urls,
            error == ENOENT ? "no such host" : strerror(error));
}

static void read_token(char *token, size_t room, const char *directory)
{
    char path[PATH_MAX];
    join(path, sizeof path, "%s/token", directory);
    token[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t length = read(fd, token, room - 1);
    token[length > 0 ? length : 0] = '\0';
    close(fd);
}

static void write_zero(const char *path, const char *zeros)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, zeros, strlen(zeros)) < 0) {
        /* The kernel is older, or the file is read-only: the namespace is empty all the same. */
    }
    close(fd);
}

/* A namespace of the kernel without room for an object: a call that escapes the library fails. */
static void poison(void)
{
    if (unshare(CLONE_NEWIPC) != 0)
        return;
    write_zero("/proc/sys/kernel/msgmni", "0");
    write_zero("/proc/sys/kernel/sem", "0 0 0 0");
    write_zero("/proc/sys/kernel/shmmni", "0");
    write_zero("/proc/sys/fs/mqueue/queues_max", "0");
}

/* The runtime of the tool ignores SIGPIPE and raises the limit of descriptors. A program gets what its parent had. */
static void undo_runtime(void)
{
    struct rlimit parent, own;
    signal(SIGPIPE, SIG_DFL);
    if (prlimit(getppid(), RLIMIT_NOFILE, NULL, &parent) != 0 || getrlimit(RLIMIT_NOFILE, &own) != 0)
        return;
    own.rlim_cur = parent.rlim_cur < own.rlim_max ? parent.rlim_cur : own.rlim_max;
    setrlimit(RLIMIT_NOFILE, &own);
}

static void set_environment(const struct options *options, const char *home, const char *directory)
{
    char text[PATH_MAX * 2], token[128];
    const char *preload = variable("LD_PRELOAD", NULL);
    join(text, sizeof text, "%s/libipcshim.so%s%s", home, preload != NULL ? ":" : "", preload != NULL ? preload : "");
    setenv("LD_PRELOAD", text, 1);
    join(text, sizeof text, "%s/agent", directory);
    setenv("IPC_AGENT_SOCKET", text, 1);
    read_token(token, sizeof token, directory);
    join(text, sizeof text, "%s\n%s\n%s\n%s\n%s\n%s", token, options->connect, options->name_space,
         options->uid != NULL ? options->uid : "", options->gid != NULL ? options->gid : "",
         options->is_volatile ? "volatile" : "durable");
    setenv("IPC_AGENT_HELLO", text, 1);
    if (options->traces)
        setenv("IPC_EXEC_TRACE", "1", 1);
    if (options->counts)
        setenv("IPC_EXEC_STATS", "1", 1);
}

static void usage(void)
{
    puts("Usage: ipc-exec [--connect URL] [--namespace PATH] [--uid UID] [--gid GID] [--volatile] [--trace] [--stats]\n"
         "                [--keep-namespace] [--directory DIRECTORY] PROGRAM [ARGUMENT...]\n"
         "Runs a program whose IPC calls go to a cluster. 'ipc exec --help' says more.");
    exit(0);
}

static void parse(struct options *options, int count, char **words)
{
    static const struct option known[] = {
        {"connect", required_argument, NULL, 'c'}, {"namespace", required_argument, NULL, 'n'},
        {"uid", required_argument, NULL, 'u'},     {"gid", required_argument, NULL, 'g'},
        {"directory", required_argument, NULL, 'd'}, {"volatile", no_argument, NULL, 'v'},
        {"trace", no_argument, NULL, 't'},         {"stats", no_argument, NULL, 's'},
        {"keep-namespace", no_argument, NULL, 'k'}, {"from-tool", no_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    int option;
    while ((option = getopt_long(count, words, "+h", known, NULL)) != -1) {
        switch (option) {
        case 'c': options->connect = optarg; break;
        case 'n': options->name_space = optarg; break;
        case 'u': options->uid = optarg; break;
        case 'g': options->gid = optarg; break;
        case 'd': options->directory = optarg; break;
        case 'v': options->is_volatile = true; break;
        case 't': options->traces = true; break;
        case 's': options->counts = true; break;
        case 'k': options->keeps_namespace = true; break;
        case 'f': options->comes_from_tool = true; break;
        case 'h': usage(); break;
        default: exit(EXIT_USAGE);
        }
    }
    if (optind == count)
        fail(EXIT_USAGE, "no program; see --help");
}

int main(int count, char **words)
{
    struct options options = {
        .connect = variable("IPC_CONNECT", "http://127.0.0.1:5210"),
        .name_space = variable("IPC_NAMESPACE", "/"),
        .directory = variable("IPC_AGENT_DIRECTORY", NULL),
    };
    char home[PATH_MAX], directory[PATH_MAX], socket_path[PATH_MAX];
    parse(&options, count, words);
    find_home(home, sizeof home);
    find_directory(directory, sizeof directory, &options);
    join(socket_path, sizeof socket_path, "%s/agent", directory);
    if (!agent_listens(socket_path))
        start_agent(home, directory, socket_path);
    warn_if_unreachable(options.connect);
    set_environment(&options, home, directory);
    if (!options.keeps_namespace)
        poison();
    if (options.comes_from_tool)
        undo_runtime();
    execvp(words[optind], words + optind);
    fail(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN, "%s: %s", words[optind], strerror(errno));
}
