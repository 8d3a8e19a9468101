namespace Cluster.Conformance.Stories;

/// <summary>A story that can be told on the kernel and on ours. Any part of a script is a script.</summary>
internal interface IScript<TSelf>
    where TSelf : IScript<TSelf>
{
    /// <summary>Steps.</summary>
    int Length { get; }

    /// <summary>The script with some of its steps left out.</summary>
    TSelf Without(int at, int count);
}

/// <summary>Runs scripts on the kernel and on ours at once.</summary>
internal interface IComparison<TScript> : IDisposable
    where TScript : IScript<TScript>
{
    /// <summary>Calls made on both sides.</summary>
    long Calls { get; }

    /// <summary>What has been seen: a run that never blocks proves little.</summary>
    string Summary { get; }

    /// <summary>Runs a script; what differed first, or null.</summary>
    string? Run(TScript script);

    /// <summary>Whether somebody else has disturbed the processes since this was last asked.</summary>
    bool WasDisturbed();
}
