using System.Globalization;

namespace Cluster.Agent.Calls;

/// <summary>The file mode creation mask of a program, as the kernel knows it.</summary>
internal static class Umask
{
    private const string Line = "Umask:";
    private const uint Default = 0x12; // 022

    /// <summary>umask(2) of the process; nothing in the program has to change it to read it.</summary>
    public static uint Of(int pid)
    {
        try
        {
            foreach (var line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status")))
            {
                if (line.StartsWith(Line, StringComparison.Ordinal))
                    return Convert.ToUInt32(line[Line.Length..].Trim(), 8);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
        }

        return Default;
    }
}
