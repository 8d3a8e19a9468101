using Cluster.Agent.Processes;
using Cluster.Agent.Wire;

namespace Cluster.Agent.Calls;

/// <summary>What all open files have in common.</summary>
internal static class FileCalls
{
    /// <summary>The file that a frame names; null: EBADF.</summary>
    public static OpenFile? Find(Caller caller, CallFrame request, Kind kind) =>
        caller.Files.Find((ulong)request[0], caller.Uid, caller.Process) is { } file && file.Target.Kind == kind
            ? file
            : null;

    /// <summary>Makes a call on a file.</summary>
    public static async ValueTask<Result> CallAsync(
        OpenFile file, Call call, string name, CancellationToken cancelled, TimeSpan? timeout = null)
    {
        var grant = await file.Session.TakeAsync(file.Target, call, name, cancelled, timeout, file.Holder)
            .ConfigureAwait(false);
        return grant.Result!;
    }

    /// <summary>A program has closed a copy: a registration of it ends, and so does the file if it was the last one.</summary>
    public static async ValueTask<Answer> ClosedAsync(Caller caller, CallFrame request)
    {
        if (caller.Files.Find((ulong)request[0], caller.Uid, caller.Process) is not { } file)
            return new Answer(0);
        await MqueueCalls.UnregisterAsync(caller, file.Target).ConfigureAwait(false);
        if (OpenFiles.IsUnused(file))
            await file.CloseAsync().ConfigureAwait(false);
        return new Answer(0);
    }
}
