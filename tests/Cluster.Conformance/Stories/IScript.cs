namespace Cluster.Conformance.Stories;

/// <summary>A script that can run on the kernel and on the cluster. Any part of a script is a script.</summary>
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

    /// <summary>The number of results of each sort. A run in which no call blocks proves little.</summary>
    string Summary { get; }

    /// <summary>Runs a script. Returns the first difference, or null.</summary>
    string? Run(TScript script);

    /// <summary>Whether another program has disturbed the processes since the last check.</summary>
    bool WasDisturbed();
}
