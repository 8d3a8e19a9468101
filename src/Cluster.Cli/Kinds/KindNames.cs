namespace Cluster.Cli.Kinds;

/// <summary>The names of a kind in the tool, in the man pages and in sentences.</summary>
internal record KindNames
{
    /// <summary>The kind's verb, and the prefix of its objects in a trace: msg.</summary>
    public required string Word { get; init; }

    /// <summary>The letter of its options: q, and Q for ipcmk and for keys.</summary>
    public required char Letter { get; init; }

    /// <summary>The stem of its long options: queue gives --queue, --queues, --queue-id and --queue-key.</summary>
    public required string Option { get; init; }

    /// <summary>The kind in a sentence: message queue.</summary>
    public required string Noun { get; init; }

    /// <summary>The kind in a sentence about one of its calls: queue.</summary>
    public required string ShortNoun { get; init; }

    /// <summary>Its objects in the JSON of ipcs and lsipc: messages.</summary>
    public required string JsonName { get; init; }

    /// <summary>The words by which a user may name the kind.</summary>
    public virtual IEnumerable<string> Words => [Option, Word];
}

/// <summary>The names of a kind of sysvipc(7).</summary>
internal sealed record SystemVNames : KindNames
{
    /// <summary>A long option for an id that earlier versions had. Scripts may use it still: --shm.</summary>
    public required string OldOption { get; init; }

    /// <summary>The kind in a sentence of ipcrm, where it differs.</summary>
    public string? RemovedNoun { get; init; }

    /// <summary>The kind in the output of ipcmk: "Message queue id: 0".</summary>
    public required string MadeNoun { get; init; }

    /// <summary>Its id in the man pages: msqid.</summary>
    public required string IdName { get; init; }

    public override IEnumerable<string> Words => base.Words.Append(OldOption);
}
