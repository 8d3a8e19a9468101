namespace Cluster.Client.Engine;

/// <summary>One stream to one node, as the engine sees it.</summary>
internal sealed class EngineStream(string? node, long nowMs)
{
    /// <summary>Whom to connect to; null: any node.</summary>
    public string? RequestedNode { get; } = node;

    /// <summary>What the node calls itself; empty until its Welcome.</summary>
    public string Node { get; internal set; } = "";

    /// <summary>The driver's.</summary>
    public object? Tag { get; set; }

    public bool IsUp => Phase == StreamPhase.Up;

    public bool HasEnded => Phase == StreamPhase.Ended;

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

    /// <summary>Its writer knows that there is something to do.</summary>
    internal bool Woken { get; set; }

    internal bool Serves(string node) => node == Node || node == RequestedNode;
}
