using System.Text;

namespace Cluster.Lab.Reports;

/// <summary>Curves over the seconds of a run, as inline SVG. The time of the fault is shaded.</summary>
internal sealed class SvgPlot(string title, double seconds, (double From, double To) fault)
{
    private const int Width = 900;
    private const int Height = 220;
    private const int Left = 60;
    private const int Top = 24;
    private const int Bottom = 24;
    private const int Ticks = 4;

    private readonly List<(string Name, string Color, IReadOnlyList<double> Values)> _curves = [];

    /// <summary>Adds a curve with one value per second.</summary>
    public SvgPlot Add(string name, string color, IEnumerable<double> values)
    {
        _curves.Add((name, color, [.. values]));
        return this;
    }

    public override string ToString()
    {
        var highest = Ceiling(_curves.SelectMany(curve => curve.Values).DefaultIfEmpty(0).Max());
        var svg = new StringBuilder();
        Add($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{title}\">");
        var (from, to) = (X(Math.Max(0, fault.From)), X(Math.Min(seconds, Math.Max(fault.From, fault.To))));
        Add($"<rect class=\"fault\" x=\"{from:F1}\" y=\"{Top}\" width=\"{Math.Max(1, to - from):F1}\" "
            + $"height=\"{Height - Top - Bottom}\"/>");
        for (var i = 0; i <= Ticks; i++)
        {
            var value = highest * i / Ticks;
            Add($"<line x1=\"{Left}\" x2=\"{Width}\" y1=\"{Y(value):F1}\" y2=\"{Y(value):F1}\"/>");
            Add($"<text x=\"{Left - 6}\" y=\"{Y(value) + 4:F1}\" text-anchor=\"end\">{value:G4}</text>");
        }

        var step = Math.Max(1, Math.Round(seconds / 10));
        for (var second = 0.0; second <= seconds; second += step)
            Add($"<text x=\"{X(second):F1}\" y=\"{Height - 6}\" text-anchor=\"middle\">{second:F0} s</text>");
        var legend = Left;
        foreach (var (name, color, values) in _curves)
        {
            // The last second may be incomplete, so it is not plotted.
            var points = values.Take((int)Math.Max(1, seconds))
                .Select((value, i) => FormattableString.Invariant($"{X(i + 0.5):F1},{Y(value):F1}"));
            Add($"<polyline stroke=\"{color}\" points=\"{string.Join(' ', points)}\"/>");
            Add($"<text x=\"{legend}\" y=\"14\" fill=\"{color}\">{name}</text>");
            legend += 20 + (8 * name.Length);
        }

        Add("</svg>");
        return svg.ToString();

        void Add(string part) => svg.Append(part).Append('\n');

        double X(double second) => Left + ((Width - Left) * second / Math.Max(1, seconds));

        double Y(double value) => Height - Bottom - ((Height - Top - Bottom) * value / highest);
    }

    // 1, 2 or 5 times a power of ten.
    private static double Ceiling(double value)
    {
        if (value <= 0) return 1;
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return new[] { 1, 2, 5, 10 }.Select(factor => factor * power).First(round => round >= value);
    }
}
