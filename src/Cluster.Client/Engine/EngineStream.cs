namespace Cluster.Client.Engine;

/// <summary>What the engine knows of one stream to one node.</summary>
internal sealed class EngineStream(string? node, long nowMs)
{
    /// <summary>The node to connect to; null: any node.</summary>
    public string? RequestedNode { get; } = node;

    /// <summary>The name that the node has for itself; empty until its Welcome.</summary>
    public string Node { get; internal set; } = "";

    /// <summary>For the driver.</summary>
    public object? Tag { get; set; }

    public bool IsUp => Phase == StreamPhase.Up;

    public bool HasEnded => Phase == StreamPhase.Ended;

    /// <summary>The reason for the loss of a stream of which no gateway was ever heard.</summary>
    public const string NoGateway = "what listens there does not answer as a gateway";

    /// <summary>Whether a gateway has answered, although it may not have let the process in.</summary>
    public bool HasGateway { get; internal set; }

    internal StreamPhase Phase { get; set; }

    internal long RequestedMs { get; } = nowMs;

    /// <summary>When hello was written.</summary>
    internal long HelloMs { get; set; }

    internal long UpMs { get; set; }

    internal long LastWriteMs { get; set; }

    /// <summary>Targets with something to send here, each at most once, except for ones that have moved.</summary>
    internal Queue<EngineTarget> Ready { get; } = new();

    /// <summary>An empty frame is due.</summary>
    internal bool SignDue { get; set; }

    internal bool CloseDue { get; set; }

    /// <summary>Its writer was woken, and has not found the stream without work since.</summary>
    internal bool Woken { get; set; }

    /// <summary>Calls that this stream has taken although they had been sent before.</summary>
    internal int ResentCalls { get; set; }

    /// <summary>How many calls were sent again since this was asked last.</summary>
    public int TakeResentCalls()
    {
        var calls = ResentCalls;
        ResentCalls = 0;
        return calls;
    }

    internal bool Serves(string node) => node == Node || node == RequestedNode;
}
