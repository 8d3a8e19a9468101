using Cluster.Agent.Wire;

namespace Cluster.Agent.Calls;

/// <summary>What the three kinds of System V objects have in common: get, remove, list, and the numbers of a kind.</summary>
/// <param name="kind">The kind.</param>
/// <param name="get">The name of its get call.</param>
internal sealed class SystemVObjects(Kind kind, string get)
{
    public const int IPC_RMID = 0;
    public const int IPC_SET = 1;
    public const int IPC_STAT = 2;
    public const int IPC_INFO = 3;

    /// <summary>The object of a key may be removed before it is reached. After so many times the caller is told.</summary>
    private const int GetAttempts = 10;

    private static readonly Target Namespace = new() { Kind = Kind.Namespace };

    public Target Directory { get; } = new() { Kind = Kind.Directory, Id = (int)kind };

    public Target Of(long id) => new() { Kind = kind, Id = id };

    /// <summary>msgget(2) and its like.</summary>
    public async ValueTask<Answer> GetAsync(Caller caller, long key, long size, long flags, CancellationToken cancelled)
    {
        var bits = (int)flags & (IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL | IpcFlags.ModeBits);
        for (var attempt = 1; ; attempt++)
        {
            var body = new Get { Key = (int)key, Size = size, Flags = bits, Volatile = caller.IsVolatile };
            var found = await AskAsync(caller, new Call { Get = body }, get, cancelled).ConfigureAwait(false);
            if (found.Errno != 0)
                return Answer.Fail(found.Errno);
            var got = found.Got ?? new Got { Id = found.Id };
            if (!got.Existed)
                return new Answer(got.Id);
            var access = new Call { Access = new Access { Flags = bits } };
            var allowed = await caller.Session.CallAsync(Of(got.Id), access, get, cancelled).ConfigureAwait(false);
            if (allowed.Errno == 0)
                return new Answer(got.Id);
            // The directory named an object that is being removed: ask again whether the key is free.
            if ((Errno)allowed.Errno is not (Errno.EIDRM or Errno.EINVAL) || attempt == GetAttempts)
                return Answer.Fail(allowed.Errno);
        }
    }

    /// <summary>IPC_RMID.</summary>
    public async ValueTask<Answer> RemoveAsync(Caller caller, int id, string name, CancellationToken cancelled)
    {
        var result = await AskAsync(caller, new Call { Remove = new Remove { Id = id } }, name, cancelled)
            .ConfigureAwait(false);
        return Answer.Fail(result.Errno);
    }

    /// <summary>Makes a call on an object.</summary>
    public ValueTask<Result> CallAsync(
        Caller caller, int id, Call call, string name, CancellationToken cancelled, TimeSpan? timeout = null) =>
        caller.Session.CallAsync(Of(id), call, name, cancelled, timeout);

    /// <summary>Makes a call on an object that returns nothing.</summary>
    public async ValueTask<Answer> RunAsync(
        Caller caller, int id, Call call, string name, CancellationToken cancelled, TimeSpan? timeout = null) =>
        Answer.Fail((await CallAsync(caller, id, call, name, cancelled, timeout).ConfigureAwait(false)).Errno);

    /// <summary>IPC_STAT.</summary>
    /// <param name="caller">The program.</param>
    /// <param name="id">The object.</param>
    /// <param name="stat">The call of the kind.</param>
    /// <param name="name">The name of the call.</param>
    /// <param name="write">Writes the structure of the kind.</param>
    /// <param name="cancelled">Interrupts the call.</param>
    public async ValueTask<Answer> StatAsync(
        Caller caller, int id, Call stat, string name, Func<Result, ReadOnlyMemory<byte>> write,
        CancellationToken cancelled)
    {
        var result = await CallAsync(caller, id, stat, name, cancelled).ConfigureAwait(false);
        return result.Errno != 0 ? Answer.Fail(result.Errno) : new Answer(0) { Payload = write(result) };
    }

    /// <summary>MSG_STAT and its like: as IPC_STAT, of the object at an index. Returns its id.</summary>
    public async ValueTask<Answer> StatByIndexAsync(
        Caller caller, int index, Call stat, string name, Func<Result, ReadOnlyMemory<byte>> write,
        CancellationToken cancelled)
    {
        var resolve = new Call { Resolve = new Resolve { Index = index } };
        var found = await AskAsync(caller, resolve, name, cancelled).ConfigureAwait(false);
        if (found.Errno != 0)
            return Answer.Fail(found.Errno);
        var answer = await StatAsync(caller, (int)found.Id, stat, name, write, cancelled).ConfigureAwait(false);
        return answer.Value == 0 ? answer with { Value = found.Id } : answer;
    }

    /// <summary>How many objects there are. Null fields are zero.</summary>
    public async ValueTask<DirectoryStatus> CountAsync(Caller caller, CancellationToken cancelled)
    {
        var result = await AskAsync(caller, new Call { DirectoryStat = new DirectoryStat() }, get, cancelled)
            .ConfigureAwait(false);
        return result.DirectoryStatus ?? new DirectoryStatus { HighestIndex = -1 };
    }

    /// <summary>The limits of the namespace.</summary>
    public static async ValueTask<Limits> LimitsAsync(Caller caller, CancellationToken cancelled)
    {
        var result = await caller.Session
            .CallAsync(Namespace, new Call { LimitsGet = new LimitsGet() }, "limits", cancelled).ConfigureAwait(false);
        return result.Limits ?? new Limits();
    }

    /// <summary>The ids of all objects, in their order.</summary>
    public async ValueTask<List<int>> ListAsync(Caller caller, CancellationToken cancelled)
    {
        var ids = new List<int>();
        while (true)
        {
            var list = new List { AfterId = ids.Count == 0 ? -1 : ids[^1], Limit = Bounds.ListingPage };
            var result = await AskAsync(caller, new Call { List = list }, "list", cancelled).ConfigureAwait(false);
            ids.AddRange(result.Listing?.Ids ?? []);
            if (result.Listing is not { More: true, Ids.Count: > 0 })
                return ids;
        }
    }

    /// <summary>Asks all objects at once; those that were removed meanwhile are left out.</summary>
    public async ValueTask<List<Result>> StatAllAsync(Caller caller, Func<Call> stat, CancellationToken cancelled)
    {
        var results = new List<Result>();
        foreach (var page in (await ListAsync(caller, cancelled).ConfigureAwait(false)).Chunk(Bounds.ListingPage))
        {
            var asked = page.Select(id => caller.Session.CallAsync(Of(id), stat(), get, cancelled).AsTask());
            results.AddRange((await Task.WhenAll(asked).ConfigureAwait(false)).Where(result => result.Errno == 0));
        }

        return results;
    }

    private ValueTask<Result> AskAsync(Caller caller, Call call, string name, CancellationToken cancelled) =>
        caller.Session.CallAsync(Directory, call, name, cancelled);
}
