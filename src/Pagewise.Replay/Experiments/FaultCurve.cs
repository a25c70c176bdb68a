using System.Globalization;

namespace Pagewise.Replay.Experiments;

/// <summary>How often a kind of fault was taken in each thousand accesses, recorded and in the model.</summary>
/// <param name="name">The kind.</param>
internal sealed class FaultCurve(string name)
{
    /// <summary>Accesses that a rate is taken over.</summary>
    public const int Window = 1000;

    /// <summary>How far the model's rates may lie from the recorded ones, altogether, as a part of those.</summary>
    public const double Tolerance = 0.10;

    // A rate below this of all accesses is told by few of them: so many more or fewer do not count.
    private const double Floor = 0.01;

    private long _accesses;
    private long _recorded;
    private long _recordedOfWindow;
    private long _modelOfWindow;
    private long _apart;

    /// <summary>The kind of fault.</summary>
    public string Name => name;

    /// <summary>Whether the model's rates are near enough to the recorded ones.</summary>
    public bool IsWithin => Apart <= Math.Max(Tolerance * _recorded, Floor * _accesses);

    // The window that is not full yet counts too.
    private long Apart => _apart + Math.Abs(_recordedOfWindow - _modelOfWindow);

    /// <summary>Adds the next access.</summary>
    /// <param name="recorded">Whether the recorded one took such a fault.</param>
    /// <param name="model">Whether the model's did.</param>
    public void Add(bool recorded, bool model)
    {
        _accesses++;
        if (recorded)
        {
            _recorded++;
            _recordedOfWindow++;
        }

        if (model)
            _modelOfWindow++;
        if (_accesses % Window != 0)
            return;
        _apart += Math.Abs(_recordedOfWindow - _modelOfWindow);
        _recordedOfWindow = _modelOfWindow = 0;
    }

    /// <summary>How far apart the rates are: <c>126 apart of 2,710, 4.6 %</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Apart:N0} apart of {_recorded:N0}{(_recorded == 0 ? "" : $", {100.0 * Apart / _recorded:0.0} %")}");
}
