using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>
/// Inputs that an entity keeps while it waits for its creator's answer. Bounded: an input beyond the bound is dropped,
/// and its sender sends it again.
/// </summary>
/// <remarks>A struct, because nearly every entity holds nothing. Use it as a field that is not readonly.</remarks>
public struct HeldInputs
{
    /// <summary>The largest number of submits, and of requests, that are held.</summary>
    public const int Bound = 4_096;

    private List<Submit>? _calls;
    private List<(Request Request, ulong Token)>? _requests;

    /// <summary>Whether calls are held.</summary>
    public readonly bool HasCalls => _calls is { Count: > 0 };

    /// <summary>Holds calls; false if there is no room.</summary>
    public bool TryAdd(Submit submit)
    {
        if (_calls?.Count >= Bound) return false;
        (_calls ??= []).Add(submit);
        return true;
    }

    /// <summary>Holds a request; false if there is no room.</summary>
    public bool TryAdd(Request request, ulong token)
    {
        if (_requests?.Count >= Bound) return false;
        (_requests ??= []).Add((request, token));
        return true;
    }

    /// <summary>Drops the calls of a process that has exited.</summary>
    public readonly void DropCallsOf(int pid) => _calls?.RemoveAll(held => held.Stamp.Pid == pid);

    /// <summary>Whether a held submit matches.</summary>
    public readonly bool AnyCall(Predicate<Submit> match) => _calls?.Exists(match) is true;

    /// <summary>Whether the exit of a process is among the held requests.</summary>
    public readonly bool HasExitOf(int pid) =>
        _requests?.Exists(held => held.Request.ProcessExited?.Pid == pid) is true;

    /// <summary>Takes all calls, in the order of their arrival.</summary>
    public List<Submit> TakeCalls()
    {
        var calls = _calls ?? [];
        _calls = null;
        return calls;
    }

    /// <summary>Takes all requests, in the order of their arrival.</summary>
    public List<(Request Request, ulong Token)> TakeRequests()
    {
        var requests = _requests ?? [];
        _requests = null;
        return requests;
    }
}
