using System.Globalization;

namespace Cluster.Cli.Output;

/// <summary>Sizes in the notation of util-linux.</summary>
internal static class Sizes
{
    private const string Letters = "BKMGTPE";

    public static string Show(this SizeUnit unit, ulong bytes) =>
        unit == SizeUnit.Human ? Human(bytes) : bytes.ToString(CultureInfo.InvariantCulture);

    /// <summary>One decimal, rounded half up in tenths, and not shown if it is 0.</summary>
    private static string Human(ulong bytes)
    {
        var exponent = 0;
        while (exponent < 60 && bytes >> exponent >= 1024) exponent += 10;
        var whole = bytes >> exponent;
        var tenths = exponent == 0 ? 0 : Tenths(bytes - (whole << exponent), exponent);
        if (tenths == 10) (whole, tenths) = (whole + 1, 0);
        var fraction = tenths == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $".{tenths}");
        return string.Create(CultureInfo.InvariantCulture, $"{whole}{fraction}{Letters[exponent / 10]}");
    }

    private static ulong Tenths(ulong rest, int exponent) => (ulong)((((UInt128)rest * 1000) >> exponent) + 50) / 100;
}
