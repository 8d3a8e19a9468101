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

    public static async ValueTask<Answer> WaitAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        if (FileCalls.Find(caller, request, Kind.PosixSemaphore) is not { } file)
            return Answer.Fail(Errno.EINVAL);
        var wait = new PosixSemaphoreWait { Description = file.Number };
        var call = new Call { PosixSemaphore = new PosixSemaphoreCall { Wait = wait } };
        var result = await FileCalls
            .CallAsync(file, call, "sem_wait", cancelled, request.Timeout(1))
            .ConfigureAwait(false);
        return Answer.Fail(result.Errno);
    }

    public static async ValueTask<Answer> PostAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        if (FileCalls.Find(caller, request, Kind.PosixSemaphore) is not { } file)
            return Answer.Fail(Errno.EINVAL);
        var post = new PosixSemaphorePost { Description = file.Number };
        var call = new Call { PosixSemaphore = new PosixSemaphoreCall { Post = post } };
        var result = await FileCalls.CallAsync(file, call, "sem_post", cancelled).ConfigureAwait(false);
        return Answer.Fail(result.Errno);
    }

    public static async ValueTask<Answer> GetValueAsync(Caller caller, CallFrame request, CancellationToken cancelled)
    {
        if (FileCalls.Find(caller, request, Kind.PosixSemaphore) is not { } file)
            return Answer.Fail(Errno.EINVAL);
        var ask = new PosixSemaphoreGetvalue { Description = file.Number };
        var call = new Call { PosixSemaphore = new PosixSemaphoreCall { Getvalue = ask } };
        var result = await FileCalls.CallAsync(file, call, "sem_getvalue", cancelled).ConfigureAwait(false);
        return result.Errno != 0 ? Answer.Fail(result.Errno) : new Answer(result.PosixSemaphoreValue.Value);
    }
}
