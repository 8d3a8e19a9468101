using Cluster.Core.Memory;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.PosixSharedMemory;

/// <content>Crashes, exits and resends, and the comparison.</content>
public sealed partial class PosixObjectRun
{
    // A repeated call returns its first result. A repeated read may see the new state.
    private void Again(Session who)
    {
        if (!_lastOutcome.TryGetValue(who.Pid, out var before)) return;
        var (to, call) = who.Last;
        if (CallTraits.ReadsOnly(call) || call.ShmAtomic?.Operation == ShmAtomic.Types.Operation.Load) return;
        // A failure by the arguments alone, or of an object that is gone, is not kept.
        if (before is "EINVAL" or "EACCES" or "ENOENT" or "EBADF" or "EFBIG" or "ENOMEM" or "EOVERFLOW") return;
        _operation = $"{who.Pid} again {call}";
        World.Arrived.Clear();
        World.Submit(who, to, [call], ack: 0, resent: true);
        var result = World.Arrived.Find(each => each.Session == who && each.Result.Seq == call.Seq).Result;
        if (result is not null) Assert.Equal((_operation, before), (_operation, Print(result)));
    }

    private void Exit(Session who)
    {
        _operation = $"{who.Pid} exits";
        World.Exit(who, withAck: _random.Next(2) == 0);
        foreach (var model in _objects) model.Exit(who.Pid);
        _sessions.Remove(who);
        _accesses.RemoveAll(each => each.Owner == who);
        Bury();
        StartProcess();
    }

    private void Crash()
    {
        var extents = _accesses.SelectMany(each => new[] { 0, 1, 2 }.Select(index => Extent(each, index)));
        EntityKey[] keys = [Directory, .. _objects.Select(Key), .. extents];
        var key = Pick(keys);
        _operation = $"crash {key}";
        World.Crash(key);
    }

    private void StartProcess()
    {
        var credentials = new CallGenerator(_random).Credentials();
        _sessions.Add(World.StartProcess($"p{_names++}", credentials, "/", 1_000_000));
    }

    // Nothing is left of an object that is gone.
    private void Bury()
    {
        foreach (var model in _objects.Where(each => each.IsGone).ToArray()) _objects.Remove(model);
        if (_accesses.Count > 200) _accesses.RemoveRange(0, 100);
    }

    // ---- inside ----

    private T Pick<T>(IReadOnlyList<T> all) => all[_random.Next(all.Count)];

    // Mostly a description that the process holds.
    private bool TryHeld(Session who, out PosixObjectModel model, out long number)
    {
        (model, number) = (null!, 0);
        if (_objects.Count == 0) return false;
        var own = _objects.SelectMany(each => each.HeldBy(who.Pid).Select(held => (Model: each, Number: held))).ToArray();
        (model, number) = own.Length > 0 && _random.Next(10) != 0 ? Pick(own) : (Pick(_objects), _random.Next(1, 20));
        return true;
    }

    private static EntityKey Key(PosixObjectModel model) =>
        new() { Kind = Kind.PosixSharedMemory, Namespace = 1, Id = model.Id };

    private static EntityKey Extent(Access access, int index) => Extents.KeyOf(Key(access.Model), index);

    private Result Describe(Session who, PosixObjectModel model, DescriptionCall call) =>
        Make(who, Key(model), new Call { Description = call });

    private Result Ask(Session who, PosixObjectModel model, PosixSharedMemoryCall call) =>
        Make(who, Key(model), new Call { PosixSharedMemory = call });

    private Result Make(Session who, EntityKey to, Call call)
    {
        World.Arrived.Clear();
        var seq = World.Call(who, to, call);
        var found = World.Arrived.Where(each => each.Session == who && each.Result.Seq == seq).ToArray();
        _operation += $"{who.Pid} {to} {call} => {string.Join(" ; ", found.Select(each => Print(each.Result)))} ";
        var result = Assert.Single(found).Result;
        _lastOutcome[who.Pid] = Print(result);
        return result;
    }

    private void Same(string expected, Result result)
    {
        var actual = Print(result);
        Assert.Equal((_operation, expected), (_operation, actual));
        var kind = actual.Split(' ', '=')[0];
        Seen[kind] = Seen.GetValueOrDefault(kind) + 1;
    }

    private static string Print(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        if (result.Got is { } got) return $"id {got.Id}";
        if (result.DescriptionOpened is { } opened) return $"opened {opened.Number}";
        if (result.ShmAttachment is { } own) return $"mapped {own.Id} {own.Size} {own.ReadOnly}";
        if (result.PosixSharedMemorySize is { } size) return $"size {size.Bytes}";
        if (result.PosixSharedMemoryGrant is { } grant) return $"access {grant.Flags} {grant.Size}";
        if (result.ShmWord is { } word) return $"was {word.Previous}";
        if (result.ShmBytes is { } bytes)
            return $"read {Convert.ToHexString(bytes.Data.Span)}{new string('0', 2 * (bytes.Length - bytes.Data.Length))}";
        if (result.FileStat is not { } stat) return "ok";
        var owner = stat.Permissions;
        return $"size={stat.Size} uid={owner.Uid} gid={owner.Gid} mode={owner.Mode} descriptions={stat.Descriptions} "
            + $"unlinked={stat.Unlinked}";
    }
}
