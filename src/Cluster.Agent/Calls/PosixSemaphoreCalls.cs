using Cluster.Agent.Wire;

namespace Cluster.Agent.Calls;

/// <summary>sem_overview(7): named semaphores.</summary>
internal static class PosixSemaphoreCalls
{
    private static readonly NamedObjects Semaphores = new(Kind.PosixSemaphore, "sem");

    // The C library opens the file of a semaphore for reading and writing, whatever the flags.
    public static ValueTask<Answer> OpenAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        var value = request[2];
        var flags = ((int)request[0] & (FileFlags.O_CREAT | FileFlags.O_EXCL)) | FileFlags.O_RDWR;
        return Semaphores.OpenAsync(
            caller, NamedObjects.NameOf(request), flags, (uint)request[1], get => get.Size = value, cancelled);
    }

    public static ValueTask<Answer> UnlinkAsync(Caller caller, CallFrame request, CancellationToken cancelled) =>
        Semaphores.UnlinkAsync(caller, request, cancelled);

    public static ValueTask<Answer> WaitAsync(Caller caller, CallFrame request, CancellationToken cancelled) => CallAsync(
        caller, request, "sem_wait", number => new() { Wait = new PosixSemaphoreWait { Description = number } },
        cancelled, request.Timeout(1));

    public static ValueTask<Answer> PostAsync(Caller caller, CallFrame request, CancellationToken cancelled) => CallAsync(
        caller, request, "sem_post", number => new() { Post = new PosixSemaphorePost { Description = number } }, cancelled);

    public static ValueTask<Answer> GetValueAsync(Caller caller, CallFrame request, CancellationToken cancelled) => CallAsync(
        caller, request, "sem_getvalue",
        number => new() { Getvalue = new PosixSemaphoreGetvalue { Description = number } }, cancelled);

    // A sem_t that is no open semaphore is EINVAL, and not EBADF: sem_wait(3).
    private static async ValueTask<Answer> CallAsync(
        Caller caller, CallFrame request, string name, Func<long, PosixSemaphoreCall> call,
        CancellationToken cancelled, TimeSpan? timeout = null)
    {
        if (FileCalls.Find(caller, request, Kind.PosixSemaphore) is not { } file)
            return Answer.Fail(Errno.EINVAL);
        var body = new Call { PosixSemaphore = call(file.Number) };
        var result = await FileCalls.CallAsync(file, body, name, cancelled, timeout).ConfigureAwait(false);
        return result.Errno != 0 ? Answer.Fail(result.Errno) : new Answer(result.PosixSemaphoreValue?.Value ?? 0);
    }
}
