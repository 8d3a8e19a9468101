using System.Globalization;

namespace Cluster.Cli;

/// <summary>Values as users write them.</summary>
public static class Parsing
{
    /// <summary>A duration: 500ms, 10s, 2m, 1h, or seconds without a unit.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static TimeSpan Duration(string option, string text)
    {
        var (number, unit) = text switch
        {
            _ when text.EndsWith("ms", StringComparison.Ordinal) => (text[..^2], 0.001),
            _ when text.EndsWith('s') => (text[..^1], 1.0),
            _ when text.EndsWith('m') => (text[..^1], 60.0),
            _ when text.EndsWith('h') => (text[..^1], 3_600.0),
            _ => (text, 1.0),
        };
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            && value * unit < TimeSpan.MaxValue.TotalSeconds / 2)
            return TimeSpan.FromSeconds(value * unit);
        throw new UsageException($"{option}: '{text}' is not a duration such as 500ms, 10s or 2m");
    }

    /// <summary>Permission bits in octal.</summary>
    /// <exception cref="UsageException">They are none.</exception>
    public static int Mode(string option, string text)
    {
        var digits = text.All(digit => digit is >= '0' and <= '7') && text.Length is > 0 and <= 5;
        var mode = digits ? Convert.ToInt32(text, 8) : -1;
        return mode is >= 0 and <= 0x1FF ? mode : throw new UsageException($"{option}: '{text}' is not a mode such as 0600");
    }

    /// <summary>A key: decimal, or hexadecimal with 0x.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static int Key(string option, string text)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            if (uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex))
                return (int)hex;
        }
        else if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var key))
        {
            return key;
        }

        throw new UsageException($"{option}: '{text}' is not a key such as 42 or 0x2a");
    }
}
