using System.Globalization;
using Cluster.Agent.Processes;

namespace Cluster.Agent.Calls;

/// <summary>The file mode creation mask of a program, as the kernel knows it.</summary>
internal static class Umask
{
    private const string WhenEnded = "0022";

    /// <summary>umask(2) of the process; nothing in the program has to change it to read it.</summary>
    public static uint Of(int pid)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status");
        return Convert.ToUInt32(StatusFile.Read(path, "Umask") ?? WhenEnded, 8);
    }
}
