namespace Pagewise.Kernel.Hardware;

/// <summary>Who looks at the machine at moments of virtual time without taking part: nothing changes for being looked at.</summary>
public interface ITimeProbe
{
    /// <summary>When it wants to look next, in virtual nanoseconds.</summary>
    double NextNs { get; }

    /// <summary>A moment that it waited for has come. The machine's state is what it has been since the last event before.</summary>
    /// <param name="nowNs">Virtual time, not before <see cref="NextNs"/>, which it moves on.</param>
    void Look(double nowNs);
}
